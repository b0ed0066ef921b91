// @ts-check
/**
 * 一万个人来体检：先押一个数，再看他们站队。阳性的站出来，从 0% 到 100% 站成一排，
 * 蓝橙的分界正好落在答案上，读者押的数画在同一把尺子上。
 */
import { svg } from '../lib/axes.js';
import { handle } from '../lib/drag.js';
import { choiceField, html, sliderField } from '../lib/fields.js';
import { palette } from '../lib/palette.js';
import { Crowd } from '../lib/people/crowd.js';
import { heads, known, moved, percent, reckon, sentence } from '../lib/people/reckon.js';
import '../style/people.css';

const EDGE = 16;
const AXIS = 46; // 尺子的高度
const NEXT = ['', '查一遍', '阳性的站出来', '再查一次', '重新押'];
const KNOBS = /** @type {[string, string][]} */ ([
  ['prevalence', '患病率'], ['sensitivity', '灵敏度'], ['specificity', '特异度'], ['repeat', '照抄'],
]);

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {import('../lib/people/reckon.js').Values} */
  let values = ctx.get();
  /** @type {any} */
  let data = null;
  /** @type {Crowd | null} */
  let crowd = null;
  let shown = -1; // 画着第几步
  /** @type {import('../lib/people/crowd.js').Box} */
  let box = { width: 0, height: 0, left: EDGE, right: 300, top: 74, bar: 84, back: 190 };
  let dragging = false;
  let changed = 0; // 上一次改动是几时
  let placed = ''; // 人站成了什么样；押的数只动尺子，不动人

  const canvas = html('canvas', { class: 'people-canvas', 'aria-hidden': 'true' });
  const over = /** @type {SVGSVGElement} */ (svg('svg', { class: 'people-svg', role: 'group', 'aria-label': '一把从 0% 到 100% 的尺子和一万个点' }));
  const ruler = svg('g', { class: 'people-ruler', 'aria-hidden': 'true' }, over);
  const words = svg('g', { class: 'people-words', 'aria-hidden': 'true' }, over);
  const truthLine = svg('path', { class: 'people-truth' }, over);
  const guessLine = svg('path', { class: 'people-guess' }, over);
  const truthText = svg('text', { class: 'people-mark is-truth' }, over);
  const guessText = svg('text', { class: 'people-mark' }, over);
  const grip = handle(over, {
    label: '你押的数', x: values.guess, y: 0, axis: 'x', step: 1, rangeX: [0, 100],
    toPixel: (x) => [at(x), AXIS],
    fromPixel: (px) => [(100 * (px - box.left)) / Math.max(1, box.right - box.left), 0],
    valueText: (x) => `${Math.round(x)}%`,
    onStart: () => { dragging = true; },
    onEnd: () => { dragging = false; },
    onMove: (x) => change({ guess: Math.round(x) }),
  });
  // 点尺子上的一处，圈就跳过去：手机上点比拖容易。
  over.addEventListener('click', (event) => {
    const { left, top } = over.getBoundingClientRect();
    if (values.stage > 0 || !data || event.target instanceof Element && event.target.closest('[role=slider]')) return;
    if (Math.abs(event.clientY - top - AXIS) > 24) return;
    const spot = (100 * (event.clientX - left - box.left)) / Math.max(1, box.right - box.left);
    change({ guess: Math.max(0, Math.min(100, Math.round(spot))) });
  });
  const picture = html('div', { class: 'people-picture' }, canvas, over);
  const said = html('p', { class: 'people-say', 'aria-live': 'polite' });
  const next = html('button', { type: 'button', class: 'ex-button primary' }, '就押这个数');
  next.addEventListener('click', () => {
    if (values.stage === 0) change({ stage: 1, bet_for: known(values) });
    else change({ stage: values.stage === 4 ? 0 : values.stage + 1 });
  });
  const again = html('button', { type: 'button', class: 'ex-button' }, '照这组数重新押');
  again.addEventListener('click', () => change({ stage: 0 }));
  const steps = choiceField({
    label: '走到哪一步', options: [['1', '谁有病'], ['2', '谁阳性'], ['3', '站出来'], ['4', '再查']],
    onPick: (value) => change({ stage: Number(value) }),
  });
  const knobs = KNOBS.map(([name, label]) => knob(name, label));
  const panel = html('div', { class: 'people-knobs' }, ...knobs.map((k) => k.element));
  const wrap = html('div', { class: 'people' }, picture, said,
    html('div', { class: 'people-acts' }, next, steps.element, again), panel);
  stage.append(wrap);

  /** @param {number} x 百分数 */
  function at(x) {
    return box.left + ((box.right - box.left) * x) / 100;
  }

  /** 一条滑杆；患病率的每一格在 Python 给的表里。 @param {string} name @param {string} label */
  function knob(name, label) {
    const spec = ctx.controls.find((/** @type {any} */ c) => c.name === name);
    const stops = () => (name === 'prevalence' ? data?.prevalences.data ?? [1] : null);
    const field = sliderField({
      label, name: spec.label, low: spec.low, high: spec.high, step: spec.step,
      text: (v) => `${Number((stops() ? values.prevalence : v).toFixed(1))}%`,
      onInput: (v) => change({ [name]: stops() ? Number(stops()[v].toPrecision(3)) : v }),
    });
    return {
      element: field.element,
      update() {
        const table = stops();
        const value = Number(values[/** @type {keyof typeof values} */ (name)]);
        if (!table) {
          field.update(value);
          return;
        }
        field.input.min = '0';
        field.input.max = String(table.length - 1);
        field.input.step = '1';
        let best = 0;
        for (let i = 0; i < table.length; i += 1) if (Math.abs(table[i] - value) < Math.abs(table[best] - value)) best = i;
        field.update(best);
      },
    };
  }

  /** @param {Partial<import('../lib/people/reckon.js').Values>} changes */
  function change(changes) {
    values = { ...values, ...changes };
    show();
    ctx.set(changes);
  }

  function show() {
    if (!data || !crowd || !box.width) return;
    const counts = reckon(values, data.people);
    const before = shown;
    shown = values.stage;
    marks(counts);
    write(counts);
    const wanted = JSON.stringify({ ...values, guess: 0, bet_for: 0 });
    if (before >= 0 && wanted === placed) return;
    placed = wanted;
    const labels = crowd.plan(shown, counts, box);
    crowd.paint(shown, counts, palette(stage));
    const moved = before !== shown;
    words.replaceChildren();
    const label = () => {
      for (const { text, x, y, look } of labels) put(words, text, x, y, `people-word is-${look}`);
      if (shown > 2) feet(counts);
    };
    if (before < 0 || ctx.reducedMotion) crowd.settle();
    else if (moved) crowd.walk(600, before === 0 && shown > 0 ? 500 : 0, label);
    // 滑杆拖得快的时候直接到位，一帧只画一次，手指才跟得上。
    else crowd.walk(performance.now() - changed < 150 ? 1 : 160, 0);
    changed = performance.now();
    if (before < 0 || ctx.reducedMotion || !moved) label();
  }

  /** 站出来的一排下面的两行字。 @param {import('../lib/people/reckon.js').Counts} c */
  function feet(c) {
    const [blue, orange] = shown === 4 ? [c.hitTwice, c.alarmTwice] : [c.hit, c.alarm];
    const y = box.top + box.bar + 17;
    put(words, `真有病 ${heads(blue)} 人`, box.left, y, 'people-word is-blue is-strong');
    put(words, `没病 ${heads(orange)} 人`, box.right, y, 'people-word is-orange is-strong', 'end');
  }

  /** 尺子上的两个数：押的是虚线，真的是实线。 @param {import('../lib/people/reckon.js').Counts} c */
  function marks(c) {
    const bet = shown > 0;
    const truth = 100 * (shown === 4 ? c.twice : c.once);
    const told = shown > 2;
    const foot = told ? box.top + box.bar + 2 : AXIS + 6;
    grip.show(!bet);
    grip.move(values.guess, 0);
    line(guessLine, at(values.guess), bet ? 20 : AXIS - 16, foot, true);
    // 押的是查一次；再查一次的结果不和它比。
    const before = bet ? moved(values) : [];
    const what = before.length > 1 ? '（另一组数）' : before.length ? `（${before[0]} 时）` : '';
    flag(guessText, shown === 4 ? '你押的（一次）' : `你押 ${values.guess}%${what}`, at(values.guess), 15, true);
    for (const node of [guessLine, guessText]) node.classList.toggle('is-away', before.length > 0);
    line(truthLine, at(truth), 36, foot, told);
    flag(truthText, `其实 ${percent(truth / 100)}`, at(truth), 34, told);
  }

  /** @param {Element} path @param {number} x @param {number} top @param {number} foot @param {boolean} visible */
  function line(path, x, top, foot, visible) {
    path.setAttribute('d', `M${x.toFixed(1)} ${top}V${foot}`);
    path.setAttribute('visibility', visible ? 'visible' : 'hidden');
  }

  /** 一面小旗：写在线的旁边，留在画面里。 @param {Element} text @param {string} what @param {number} x @param {number} y @param {boolean} visible */
  function flag(text, what, x, y, visible) {
    text.textContent = what;
    const half = Math.max(34, 7 * what.length);
    text.setAttribute('x', Math.max(box.left - 8 + half, Math.min(box.right + 8 - half, x)).toFixed(1));
    text.setAttribute('y', String(y));
    text.setAttribute('text-anchor', 'middle');
    text.setAttribute('visibility', visible ? 'visible' : 'hidden');
  }

  /** @param {import('../lib/people/reckon.js').Counts} counts */
  function write(counts) {
    const bet = values.stage > 0;
    next.textContent = bet ? NEXT[values.stage] : `就押 ${values.guess}%`;
    steps.element.hidden = !bet;
    steps.update(String(values.stage));
    panel.hidden = !bet;
    again.hidden = values.stage === 0 || values.stage === 4 || !moved(values).length;
    knobs[3].element.hidden = values.stage !== 4;
    for (const k of knobs) k.update();
    if (dragging) return;
    const text = sentence(values, counts);
    if (said.textContent !== text) said.textContent = text;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const narrow = width < 560;
    const height = narrow ? 450 : 480;
    box = {
      width, height, left: EDGE, right: width - EDGE, top: 74, bar: narrow ? 72 : 84, back: narrow ? 180 : 192,
    };
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    picture.style.height = `${height}px`;
    over.setAttribute('width', String(width));
    over.setAttribute('height', String(height));
    ruler.replaceChildren();
    svg('path', { d: `M${box.left} ${AXIS}H${box.right}` + [0, 25, 50, 75, 100].map((v) => `M${at(v)} ${AXIS - 4}v8`).join('') }, ruler);
    put(ruler, '0', box.left, AXIS + 20, '', 'start');
    put(ruler, '100%', box.right, AXIS + 20, '', 'end');
    shown = -1;
    show();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      const now = ctx.get();
      // 自己刚告诉外面的改动又传回来：人已经在走了，别让他们重新起步。
      const same = Object.keys(now).every((key) => now[key] === values[/** @type {keyof typeof values} */ (key)]);
      data = scene;
      values = now;
      if (!crowd) {
        crowd = new Crowd(canvas, scene.people);
        crowd.sit(scene.seats.data, scene.seats.shape[1]);
      }
      if (first) resize();
      else if (!dragging && !same) show();
    },
    resize,
    theme: () => { shown = -1; show(); },
    destroy() {
      crowd?.destroy();
      grip.destroy();
      wrap.remove();
    },
  };
}

/**
 * @param {Element} parent @param {string} text @param {number} x @param {number} y @param {string} look @param {string} [anchor]
 */
function put(parent, text, x, y, look, anchor = 'start') {
  const node = svg('text', { x: x.toFixed(1), y: y.toFixed(1), 'text-anchor': anchor, ...(look ? { class: look } : {}) }, parent);
  node.textContent = text;
}
