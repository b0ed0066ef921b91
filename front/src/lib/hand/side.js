// @ts-check
/** 橡皮膜旁边的一栏：错了几个、最好成绩、矩阵，和五种本事各自的滑杆；还有图下面的那句话。 */
import { number } from '../axes.js';
import { choiceField, html, matrixField, sliderField } from '../fields.js';
import { effective, isFlat } from './pose.js';

export const TRIES = 4; // 试过几次以后，提醒读者还有别的本事

/** @typedef {import('./pose.js').State} State */

/**
 * @param {[string, string][]} options 激活函数
 * @param {{change: (changes: any, also?: any) => void, typed: (changes: any) => void, bad: (text: string) => void,
 *   bendBy: (activation: string) => void, cutBy: (how: string) => void,
 *   toFive: () => void, backToMatrix: () => void,
 *   tried: () => void, again: () => void}} on 读者做了什么
 */
export function sidePanel(options, on) {
  let offsetNow = [0, 0];
  const bet = choiceField({
    label: '你押哪一边', options: [['yes', '能'], ['no', '不能']],
    onPick: (value) => on.change({}, { bet: value }),
  });
  const mode = choiceField({
    label: '用什么本事', options: [['matrix', '只用矩阵'], ['five', '五种本事']],
    onPick: (value) => (value === 'five' ? on.toFive() : on.backToMatrix()),
  });
  const field = { low: -3, high: 3, onBad: (/** @type {string} */ text) => on.bad(text) };
  const matrix = matrixField({
    ...field, label: '矩阵', rows: 2, columns: 2, headings: ['i', 'j'],
    onInput: ([[a, b], [c, d]]) => on.typed({ effective: [a, b, c, d] }),
  });
  const offset = matrixField({
    ...field, label: '平移', rows: 2, columns: 1, headings: ['平移'],
    onInput: ([[u], [v]]) => on.typed({ offset: [u, v] }),
  });
  const activation = html('select', { 'aria-label': '怎么弯' });
  for (const [value, text] of options) {
    activation.append(html('option', { value }, text));
  }
  activation.addEventListener('change', () => on.bendBy(activation.value));
  const cut = choiceField({
    label: '用什么切', options: [['line', '一条直线'], ['sheet', '一张平面']],
    onPick: (value) => on.cutBy(value),
  });
  const done = { onEnd: on.tried };
  const knobs = {
    scale: sliderField({ label: '缩放', low: 0.25, high: 3, step: 0.01, text: (v) => `${number(v)} 倍`, onInput: (scale) => on.change({ scale }), ...done }),
    turn: sliderField({ label: '旋转', low: -180, high: 180, step: 1, text: (v) => `${number(v)}°`, onInput: (turn) => on.change({ turn }), ...done }),
    offsetX: sliderField({ label: '平移', name: '平移（横）', low: -2, high: 2, step: 0.01, text: number, onInput: (x) => on.change({ offset: [x, offsetNow[1]] }), ...done }),
    offsetY: sliderField({ label: '', name: '平移（竖）', low: -2, high: 2, step: 0.01, text: number, onInput: (y) => on.change({ offset: [offsetNow[0], y] }), ...done }),
    bend: sliderField({ label: '弯', low: 0, high: 1, step: 0.01, text: (v) => (v ? `${Math.round(100 * v)}%` : '不弯'), onInput: (bend) => on.change({ bend }), instead: activation, ...done }),
    lift: sliderField({ label: '鼓进三维', low: 0, high: 1, step: 0.01, text: (v) => (v ? `${Math.round(100 * v)}%` : '平的'), onInput: (lift) => on.change({ lift }, lift > 0 ? { cut: 'sheet' } : {}), ...done }),
    height: sliderField({ label: '刀的高度', low: 0.02, high: 0.98, step: 0.01, text: (v) => number(v), onInput: (height) => on.change({ height }), ...done }),
  };
  knobs.height.element.classList.add('hand-height');
  // 平移要两个数：横的和竖的并排放在一行里。
  knobs.offsetX.element.classList.add('is-double');
  knobs.offsetX.element.lastElementChild?.replaceWith(knobs.offsetY.input);
  const count = html('strong', {});
  const total = html('span', {});
  const scoreNode = html('p', { class: 'hand-score' }, count, total);
  const cells = {
    matrix: html('dd', {}), bend: html('dd', {}), lift: html('dd', {}),
  };
  const names = { matrix: '矩阵', bend: '加弯', lift: '加鼓起' };
  const record = html('dl', { class: 'hand-best', 'aria-label': '最好成绩（错几个）' });
  for (const [kind, cell] of Object.entries(cells)) {
    record.append(html('div', { class: `hand-best-${kind}` }, html('dt', {}, names[/** @type {keyof typeof names} */ (kind)]), cell));
  }
  const again = html('button', { type: 'button', class: 'ex-button hand-again' }, '换一批点');
  again.addEventListener('click', on.again);
  const element = html('div', { class: 'hand-side' },
    html('div', { class: 'hand-result' }, scoreNode, html('div', { class: 'hand-record' }, html('span', {}, '最好成绩'), record)),
    html('div', { class: 'hand-row' }, mode.element, again),
    html('div', { class: 'hand-knobs' },
      knobs.scale.element, knobs.turn.element, knobs.offsetX.element, knobs.bend.element,
      knobs.lift.element, knobs.height.element,
      html('div', { class: 'knob hand-cutter' }, html('span', {}, '用什么切'), cut.element)),
    html('div', { class: 'hand-formula' }, matrix.element, html('span', { class: 'hand-plus' }, '＋'), offset.element));

  return {
    element,
    bet: bet.element,
    /** @param {State} state @param {number} tries @param {Record<string, number>} best */
    write({ pose, picks, data, score }, tries, best) {
      const [a, b, c, d] = effective(pose, data);
      offsetNow = pose.offset;
      count.textContent = String(score.wrong);
      total.textContent = `个站错了边（一共 ${data.labels.length} 个）`;
      scoreNode.classList.toggle('is-done', score.wrong === 0);
      element.classList.toggle('has-powers', picks.powers);
      for (const [kind, cell] of Object.entries(cells)) {
        cell.textContent = best[kind] === undefined ? '—' : `${best[kind]}`;
      }
      matrix.update([[a, b], [c, d]]);
      offset.update([[pose.offset[0]], [pose.offset[1]]]);
      mode.update(picks.powers ? 'five' : 'matrix');
      mode.element.classList.toggle('is-ready', tries >= TRIES && !picks.powers);
      bet.update(picks.bet);
      knobs.scale.update(pose.scale);
      knobs.turn.update(pose.turn);
      knobs.offsetX.update(pose.offset[0]);
      knobs.offsetY.update(pose.offset[1]);
      knobs.bend.update(pose.bend);
      knobs.lift.update(pose.lift);
      knobs.height.update(pose.height);
      activation.value = picks.activation;
      cut.update(picks.cut);
      element.classList.toggle('has-sheet', picks.cut === 'sheet');
    },
  };
}

/**
 * 图下面的一句话：现在怎样，为什么，接着做什么。
 * @param {State} state @param {number} tries @param {Record<string, number>} best
 */
export function sentence({ pose, picks, data, score }, tries, best) {
  const matrix = effective(pose, data);
  const wrong = score.wrong;
  if (picks.cut === 'sheet') {
    if (wrong) return `刀在半空，错 ${wrong} 个。上下拖刀，让它切在蓝点和橙点之间。`;
    if (pose.lift > 0) return '一刀切开，一个不错。把「鼓进三维」拖回 0，按平它，看切口是什么形状。';
    return `按平以后，那一刀是一个圆。平面里的直线做不到，高一维的平面做到了。${verdict(picks.bet)}`;
  }
  if (isFlat(matrix)) return `整张膜压扁了，错 ${wrong} 个。`;
  if (pose.bend > 0 && picks.activation === 'sine') {
    return wrong
      ? `错 ${wrong} 个。正弦来回折，能把远处折到近处：把缩放调大一些，再挪一挪。`
      : '一个不错！但这不是弯，是折：正弦把不同的点叠到了一起，它们从此分不开了。';
  }
  if (pose.bend > 0) {
    const fewer = wrong < data.floor ? '比任何一条直线都少了，却到不了 0' : `把箭头和直线再挪挪，能比不弯时的 ${data.floor} 个少，却到不了 0`;
    return `弯了，错 ${wrong} 个。${fewer}：只要不折叠，圆盘还是被圆环围着。`;
  }
  if (picks.powers || tries >= TRIES) {
    return `错 ${wrong} 个。矩阵把圆环变成椭圆环，圆盘仍在环里面，直线怎么切都会切到环。`;
  }
  if (matrix[0] * matrix[3] < matrix[1] * matrix[2]) return `膜翻了面，小猫的旗换到了另一边。错 ${wrong} 个。`;
  if (!tries) return `描了边的点站错了边。${picks.bet === 'none' ? '先押一注，再动手' : '动手试试'}。`;
  return `错 ${wrong} 个，你的最好成绩是 ${best.matrix ?? wrong} 个。`;
}

/**
 * 押注那一行：没押是问题，押了记着押的哪一边，试够了说结果。
 * @param {State} state @param {number} tries @param {string} question
 * @returns {[string, boolean]} 写什么，还能不能押
 */
export function bet({ picks, data }, tries, question) {
  const mine = { yes: '你押了「能」', no: '你押了「不能」', none: '' }[picks.bet] ?? '';
  if (picks.powers || tries >= TRIES) {
    const truth = `只许拉伸、转动、平移，一条直线最少也要错 ${data.floor} 个`;
    return [mine ? `${mine}，押${picks.bet === 'no' ? '对' : '错'}了：${truth}。` : `答案是不能：${truth}。`, false];
  }
  return mine ? [`${mine}。拖几下，看看押得对不对。`, true] : [question, true];
}

/** @param {string} bet */
function verdict(bet) {
  if (bet === 'no') return '你押对了：只靠拉伸、转动、平移，分不开。';
  if (bet === 'yes') return '你押了「能」，这一注输了：不鼓进三维、不折叠就分不开。';
  return '';
}
