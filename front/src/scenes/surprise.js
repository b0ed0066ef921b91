// @ts-check
/**
 * 意外的柱子：机会是宽，意外是高，熵是面积；全部面积摊平在一样宽的底上，就是那条横线的高度。
 * 边界当场就动，意外查表；两种结果的时候，右边的曲线上有一个点跟着走。
 */
import { alike } from '../lib/alike.js';
import { linePath, number, svg } from '../lib/axes.js';
import { borders, chance, edges, PAD, scaleLines, shifted } from '../lib/bars.js';
import { choiceField, html } from '../lib/fields.js';
import { guaPath } from '../lib/gua.js';
import { mean, surpriseOf } from '../lib/surprise.js';
import '../style/surprise.css';

const STEP = 0.005;
const PLAINLY = '一根柱子的面积，是它的机会乘它的意外。全部面积摊平，就是横线。';
const YI = ['one', 'two', 'four', 'eight'];

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let scene = null;
  let values = ctx.get();
  /** 现在画着的机会，长度就是结果的种数。 @type {number[]} */
  let p = [];
  /** @type {number[]} */
  let high = [];
  let size = { width: 560, height: 330 };
  let mine = -1e4;
  let dragging = false;
  /** @type {import('../lib/drag.js').Handle[]} */
  let handles = [];
  /** @type {ReturnType<typeof parts> | null} */
  let ui = null;

  const spec = (/** @type {string} */ name) => ctx.controls.find((/** @type {any} */ c) => c.name === name);
  const example = () => scene.examples.find((/** @type {any} */ one) => one.key === values.example);
  const tied = () => p.length > scene.few;
  const tall = () => example().tall;
  const factor = () => scene.units[values.unit];
  const unitName = () => spec('unit').options.find((/** @type {string[]} */ one) => one[0] === values.unit)[1];
  const x = (/** @type {number} */ v) => PAD.left + v * (size.width - PAD.left - PAD.right);
  const y = (/** @type {number} */ v) => size.height - PAD.bottom - (Math.min(v, tall()) / tall()) * (size.height - PAD.top - PAD.bottom);
  const at = (/** @type {number} */ px) => Math.round((px - PAD.left) / (size.width - PAD.left - PAD.right) / STEP) * STEP;

  // —— 画 ——

  function draw() {
    if (!scene || !ui) return;
    const surprise = surpriseOf(scene.table);
    const one = example();
    high = p.map((v) => (v > 0 ? surprise(v) : 0));
    const entropy = mean(p, high);
    const where = edges(p);
    const unit = values.unit;
    const ys = unit === 'bit' ? 1 : 1 / factor();
    const rows = tied() ? 2 : 1;
    scaleLines(ui.grid, ui.ticks, { width: size.width, y, most: tall(), step: rows * ys, scale: factor(), name: `意外（${unitName()}）` });
    let rects = '';
    let yao = '';
    p.forEach((v, i) => {
      if (v <= 0) return;
      rects += linePath([x(where[i]), y(0), x(where[i]), y(high[i]), x(where[i + 1]), y(high[i]), x(where[i + 1]), y(0)], true);
      if (one.lines) yao += guaPath(i, one.lines, x(where[i] + v / 2), size.height - 18 - 6 * (one.lines - 1));
    });
    ui.bars.setAttribute('d', rects);
    ui.yao.setAttribute('d', yao);
    ui.level.setAttribute('d', `M${PAD.left} ${y(entropy).toFixed(1)}H${size.width - PAD.right}`);
    labels(where, one, entropy);
    ui.levelName.textContent = `横线：熵 ${number(entropy * factor())} ${unitName()}`;
    ui.levelName.setAttribute('x', String(size.width - PAD.right));
    while (handles.length && handles.length > wanted()) handles.pop()?.destroy();
    if (handles.length < wanted()) build();
    handles.forEach((one_, k) => one_.move(where[k + 1], 0));
    curve(entropy);
    write(entropy);
  }

  const wanted = () => (tied() ? 1 : p.length - 1);

  /** 柱顶写意外，柱脚写机会；写不下的不写，两头的优先。 @param {number[]} where @param {any} one @param {number} entropy */
  function labels(where, one, entropy) {
    if (!ui) return;
    ui.words.replaceChildren();
    const last = p.length - 1;
    const order = p.map((_, i) => i).filter((i) => p[i] > 0).sort((a, b) => Number(b === 0 || b === last) - Number(a === 0 || a === last) || p[b] - p[a]);
    /** @type {[number, number][][]} */
    const taken = [[], [], []];
    /** @param {number} row @param {string} text @param {number} middle @param {number} top @param {string} look */
    const put = (row, text, middle, top, look) => {
      const half = text.length * 3.9 + 2;
      const centre = Math.max(PAD.left + half - 2, Math.min(size.width - PAD.right - half + 2, middle));
      if (taken[row].some(([l, r]) => centre - half < r && centre + half > l)) return;
      taken[row].push([centre - half, centre + half]);
      svg('text', { x: centre.toFixed(1), y: top.toFixed(1), 'text-anchor': 'middle', class: look }, /** @type {any} */ (ui).words).textContent = text;
    };
    for (const i of order) {
      const middle = x(where[i] + p[i] / 2);
      // 柱顶的数不和横线叠在一起。
      const gap = y(high[i]) - y(entropy);
      const top = gap > -3 && gap < 22 ? y(entropy) - 5 : y(high[i]) - 5;
      put(0, `${number(high[i] * factor())}`, middle, top, 's-high');
      put(1, chance(p[i]), middle, size.height - PAD.bottom + 36, 's-odds');
      if (one.outcomes[i]) put(2, one.outcomes[i], middle, size.height - PAD.bottom + 56, 's-name');
    }
  }

  /** @param {number} entropy */
  function curve(entropy) {
    if (!ui) return;
    const { width, height, left, bottom, top } = ui.box;
    const cx = (/** @type {number} */ v) => left + v * (width - left - 14);
    const cy = (/** @type {number} */ v) => height - bottom - v * (height - bottom - top);
    const points = scene.curve.data;
    const pixels = [];
    for (let i = 0; i < points.length; i += 1) pixels.push(cx(i / (points.length - 1)), cy(points[i]));
    ui.curve.setAttribute('d', linePath(pixels));
    ui.curveGrid.setAttribute('d', [0, 0.5, 1].map((v) => `M${left} ${cy(v).toFixed(1)}H${cx(1).toFixed(1)}M${cx(v).toFixed(1)} ${cy(0).toFixed(1)}V${top}`).join(''));
    ui.curveTexts.replaceChildren();
    for (const v of [0, 0.5, 1]) {
      svg('text', { x: cx(v), y: height - bottom + 16, 'text-anchor': 'middle' }, ui.curveTexts).textContent = String(v);
      svg('text', { x: left - 6, y: cy(v) + 4, 'text-anchor': 'end' }, ui.curveTexts).textContent = number(v * factor());
    }
    const two = p.length === 2;
    ui.dot.setAttribute('visibility', two ? 'visible' : 'hidden');
    ui.dot.setAttribute('cx', cx(p[0]).toFixed(1));
    ui.dot.setAttribute('cy', cy(entropy).toFixed(1));
    ui.small.classList.toggle('is-away', !two);
    ui.curveNote.textContent = '只有两种结果时，熵走在这条线上';
  }

  /** @param {number} entropy */
  function write(entropy) {
    if (!ui) return;
    ui.unit.update(values.unit);
    // 柱子一拖，就不再是那个现成的例子了；名字和刻度还照着它。
    const given = alike(p, example().p.data);
    for (const { node, key } of ui.chips) node.setAttribute('aria-pressed', String(given && key === values.example));
    /** @type {{p: number, s: number, n: number}[]} */
    const groups = [];
    p.forEach((v, i) => {
      if (v <= 0) return;
      const last = groups[groups.length - 1];
      if (last && Math.abs(last.p - v) < 1e-9) last.n += 1;
      else groups.push({ p: v, s: high[i], n: 1 });
    });
    const sum = groups.map((g) => `${g.n > 1 ? `${g.n}×` : ''}${chance(g.p)}×${number(g.s * factor())}`).join(' + ');
    ui.sum.textContent = `${sum} = ${number(entropy * factor())}`;
    const text = dragging ? PLAINLY : sentence(entropy);
    if (ui.said.textContent !== text) ui.said.textContent = text;
  }

  /** @param {number} entropy */
  function sentence(entropy) {
    const alive = p.filter((v) => v > 0).length;
    if (alive === 1) return '只剩一种结果，它来了也不意外。横线贴着地：熵是 0。';
    const even = p.every((v) => Math.abs(v * p.length - 1) < 1e-9);
    if (even && example().lines) return `${p.length} 种一样可能，就是 ${example().lines} 个是非题，${example().lines} 条爻。再分一次，横线再升一格。`;
    if (even) return `${p.length} 种一样可能：柱子一样高，横线升到了顶。`;
    if (alive < p.length) return '机会是 0 的那一种，柱子再高也没有宽，不占面积。';
    const rare = high.indexOf(Math.max(...high));
    if (p[rare] < 0.05 && entropy < 0.6) return `少见的那种来了，会意外 ${number(high[rare] * factor())} ${unitName()}；可它难得来，平均下来只有 ${number(entropy * factor())}。`;
    return PLAINLY;
  }

  // —— 动 ——

  /** @param {Record<string, any>} changes */
  function change(changes) {
    mine = performance.now();
    values = { ...values, ...changes };
    draw();
    ctx.set(changes);
  }

  /** @param {number[]} given */
  const filled = (given) => [...given, ...Array(spec('p').default.length - given.length).fill(0)];

  /** @param {number} k @param {number} where */
  function drag(k, where) {
    p = shifted(p, k, where, tied());
    change({ p: filled(p) });
  }

  /** @param {any} one */
  function take(one) {
    p = Array.from(one.p.data, (/** @type {number} */ v) => v);
    // 烘焙的数是单精度的；一样多的几种，和要正好是 1。
    const total = p.reduce((sum, v) => sum + v, 0);
    p = p.map((v) => v / total);
    change({ example: one.key, p: filled(p) });
  }

  function build() {
    if (!ui) return;
    for (const one of handles) one.destroy();
    handles = borders(ui.area, {
      count: wanted(), step: STEP, x, at, y: () => size.height - PAD.bottom,
      name: (k) => (tied() ? '第一种结果的机会' : `第 ${k + 1} 种和第 ${k + 2} 种之间的边界`),
      text: (k) => (tied() ? `第一种 ${chance(p[0] ?? 0)}` : `第 ${k + 1} 种 ${chance(p[k] ?? 0)}，第 ${k + 2} 种 ${chance(p[k + 1] ?? 0)}`),
      onMove: drag,
      onStart: () => { dragging = true; },
      onEnd: () => { dragging = false; draw(); },
    });
  }

  function parts() {
    const area = /** @type {SVGSVGElement} */ (svg('svg', { class: 's-bars', role: 'group', 'aria-label': '每种结果一根柱子：宽是机会，高是意外' }));
    const grid = svg('path', { class: 'axes-grid' }, area);
    const ticks = svg('g', { class: 'axes-text', 'aria-hidden': 'true' }, area);
    const bars = svg('path', { class: 's-bar' }, area);
    const level = svg('path', { class: 's-level' }, area);
    const words = svg('g', { class: 's-words', 'aria-hidden': 'true' }, area);
    const yao = svg('path', { class: 's-yao' }, area);
    const levelName = svg('text', { class: 's-level-name', 'text-anchor': 'end', y: 14 }, area);
    const small = svg('svg', { class: 's-curve-box', role: 'img', 'aria-label': '两种结果的熵曲线' });
    const curveGrid = svg('path', { class: 'axes-grid' }, small);
    const curveTexts = svg('g', { class: 'axes-text' }, small);
    const line = svg('path', { class: 's-curve' }, small);
    const dot = svg('circle', { class: 's-dot', r: 5.5 }, small);
    const unit = choiceField({ label: spec('unit').label, options: spec('unit').options, onPick: (v) => change({ unit: v }) });
    const chips = scene.examples.map((/** @type {any} */ one) => {
      const node = html('button', { type: 'button', class: 'ex-button', 'aria-pressed': 'false' }, one.name);
      node.addEventListener('click', () => take(one));
      return { node, key: one.key };
    });
    const yi = chips.filter((/** @type {any} */ c) => YI.includes(c.key)).map((/** @type {any} */ c) => c.node);
    const rest = chips.filter((/** @type {any} */ c) => !YI.includes(c.key)).map((/** @type {any} */ c) => c.node);
    const sum = html('p', { class: 's-sum' });
    const said = html('p', { class: 's-said', 'aria-live': 'polite' });
    const curveNote = html('p', { class: 's-note' });
    const wrap = html('div', { class: 'surprise' },
      html('div', { class: 's-chips', role: 'group', 'aria-label': '例子' }, ...rest),
      html('div', { class: 's-chips', role: 'group', 'aria-label': '一分为二' }, ...yi, unit.element),
      html('div', { class: 's-body' },
        html('div', {}, area),
        html('div', { class: 's-side' }, said, sum, small, curveNote)));
    stage.append(wrap);
    return {
      wrap, area, grid, ticks, bars, level, words, yao, levelName, small, curveGrid, curveTexts, curve: line, dot, unit, chips, sum, said,
      curveNote, box: { width: 300, height: 190, left: 40, bottom: 26, top: 12 },
    };
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !ui) return;
    const wide = width >= 760;
    ui.wrap.classList.toggle('is-wide', wide);
    size = { width: wide ? Math.round(width * 0.62) : Math.min(width, 620), height: wide ? 400 : 340 };
    ui.area.setAttribute('width', String(size.width));
    ui.area.setAttribute('height', String(size.height));
    ui.box.width = wide ? Math.min(330, width - size.width - 42) : Math.min(width, 360);
    ui.small.setAttribute('width', String(ui.box.width));
    ui.small.setAttribute('height', String(ui.box.height));
    draw();
  }

  return {
    /** @param {any} next */
    draw(next) {
      scene = next;
      // 读者刚动过手的时候，路上的旧答复不许把边界拉回去。
      if (!dragging && (performance.now() - mine > 500 || !ui)) {
        values = ctx.get();
        p = Array.from(scene.p.data, (_, i) => values.p[i] ?? 0);
      }
      if (!ui) {
        ui = parts();
        resize();
        return;
      }
      draw();
    },
    resize,
    theme() {},
    destroy() {
      for (const one of handles) one.destroy();
      ui?.wrap.remove();
    },
  };
}
