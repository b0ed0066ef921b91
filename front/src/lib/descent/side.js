// @ts-check
/** 山谷旁边：押注、成绩、旋钮、按钮，和一步一行的小表。 */
import { number } from '../axes.js';
import { choiceField, html, sliderField } from '../fields.js';
import { arrival } from './walk.js';

const ROWS = 5;

/**
 * @param {(name: string) => any} spec
 * @param {{bet: (value: string) => void, valley: (value: string) => void, rate: (value: number) => void,
 *   momentum: (value: number) => void, walk: (count: number) => void, back: () => void}} on
 */
export function valleySide(spec, on) {
  /** @type {number[]} */
  let stops = [0.4];
  const bets = choiceField({ label: spec('bet').label, options: spec('bet').options.slice(1), onPick: on.bet });
  const bet = html('div', { class: 'ds-bet' }, html('span', {}, spec('bet').label), bets.element);
  const valleys = choiceField({ label: spec('valley').label, options: spec('valley').options, onPick: on.valley });
  const rate = sliderField({
    label: spec('learning_rate').label, low: 0, high: 1, step: 1,
    text: (k) => number(stops[k] ?? 0),
    onInput: (k) => on.rate(stops[k]),
  });
  const momentum = sliderField({
    label: spec('momentum').label, low: 0, high: 0.95, step: 0.05, text: (v) => number(v), onInput: on.momentum,
  });
  const one = press('走一步', () => on.walk(1));
  one.classList.add('primary');
  const all = press('一口气走', () => on.walk(300));
  const buttons = html('div', { class: 'ds-row' }, one, all, press('放回起点', on.back));
  const count = html('strong', {}, '0');
  const gap = html('span');
  const record = html('p', { class: 'ds-record' });
  const body = html('tbody');
  const table = html('table', { class: 'ds-table' },
    html('caption', {}, '每一步：迈出 = −学习率 × 坡度'),
    html('thead', {}, html('tr', {}, ...['步', 'x', '坡度', '迈出', '到'].map((name) => html('th', { scope: 'col' }, name)))),
    body);
  const caption = /** @type {HTMLElement} */ (table.firstElementChild);
  const element = html('div', { class: 'ds-side' },
    html('div', { class: 'ds-pick' }, valleys.element),
    html('p', { class: 'ds-score' }, count, gap), record,
    buttons, html('div', { class: 'ds-knobs' }, rate.element, momentum.element), table);

  /** @param {any} state @param {import('./walk.js').Walk} walked @param {any} now */
  function write(state, walked, now) {
    bets.update(state.bet);
    valleys.update(state.valley);
    showRate(state.learning_rate);
    momentum.update(state.momentum);
    const n = walked.x.length - 1;
    const there = arrival(walked, now.curve.goal, now.near);
    count.textContent = String(n);
    gap.textContent = there > 0 ? (there === n ? '步，到了' : `步，第 ${there} 步就到了`) : `步，离小旗还有 ${number(Math.abs(walked.x[n] - now.curve.goal))}`;
    const official = Math.abs(state.start - now.curve.start) < 1e-6;
    record.textContent = official
      ? (now.best ? `从起点走，你最少用了 ${now.best.steps} 步（学习率 ${number(now.best.rate)}${now.best.momentum ? `，动量 ${number(now.best.momentum)}` : ''}）` : '从起点走，还没有到过')
      : '这次不是从起点出发，不记成绩';
    caption.textContent = state.momentum ? '每一步：迈出 = 动量系数 × 上一步 − 学习率 × 坡度' : '每一步：迈出 = −学习率 × 坡度';
    rows(walked, now);
  }

  /** @param {import('./walk.js').Walk} walked @param {any} now */
  function rows(walked, now) {
    const n = walked.x.length - 1;
    const lines = [];
    for (let k = Math.max(0, n - ROWS); k < n; k += 1) {
      lines.push(row('', k + 1, walked.x[k], walked.slope[k], walked.move[k], walked.x[k + 1]));
    }
    if (!now.out) lines.push(row('is-next', n + 1, walked.x[n], now.slope, now.move, walked.x[n] + now.move));
    while (lines.length < ROWS + 1) lines.push(html('tr', {}, html('td', { colspan: '5' }, '\u00a0')));
    body.replaceChildren(...lines);
  }

  /** 不在格子上的学习率（链接里来的），手柄放在最近的一格，读数写真的那个。 @param {number} value */
  function showRate(value) {
    let near = 0;
    stops.forEach((v, k) => { if (Math.abs(v - value) < Math.abs(stops[near] - value)) near = k; });
    rate.update(near);
    const output = rate.element.querySelector('output');
    if (output) output.textContent = number(value);
    rate.input.setAttribute('aria-valuetext', number(value));
  }

  return {
    bet, element, write,
    /** 一口气走的路上，再按一下直接看结果。 @param {boolean} running */
    playing(running) {
      all.textContent = running ? '直接看结果' : '一口气走';
    },
    /** @param {number[]} given */
    stops(given) {
      stops = given;
      rate.input.max = String(given.length - 1);
    },
  };
}

/** @param {string} look @param {number} k @param {...number} values */
function row(look, k, ...values) {
  return html('tr', { class: look }, html('td', {}, String(k)), ...values.map((v) => html('td', {}, tiny(v))));
}

/** 小到写不出来的数不写成 0：它还在挪。 @param {number} value */
function tiny(value) {
  return value !== 0 && number(value) === '0' ? '≈ 0' : number(value);
}

/** @param {string} text @param {() => void} act */
function press(text, act) {
  const node = html('button', { type: 'button', class: 'ex-button' }, text);
  node.addEventListener('click', act);
  return node;
}
