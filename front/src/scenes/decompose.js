// @ts-check
/**
 * 把一个矩阵拆成三步：转、拉（行列式为负时再翻一个面）、转。滑杆沿着 Python 给的路走；
 * 拖箭头时纸面当场跟着变，拆出来的数字要等 Python。
 */
import { axes, lattice, linePath, plane, svg } from '../lib/axes.js';
import { boxAt, firstClear } from '../lib/clear.js';
import { areaText, names, partsText, sentence as told, size } from '../lib/decompose/told.js';
import { handle } from '../lib/drag.js';
import { html, matrixField } from '../lib/fields.js';
import { figure } from '../lib/figure.js';
import '../style/decompose.css';

const REACH = 2.3;
const SHEET = 1.2;
const DEPTH = 0.2; // 翻面时的透视：离眼睛近的一边大一些
const SAME = 1e-4; // 两个矩阵差得比这还少，就是同一个

/** @typedef {import('../lib/axes.js').Plane} Plane */
/** @typedef {[number, number]} Pair */

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  /** 现在的矩阵拆开的样子；刚拖过、Python 还没答时是 null。 @type {any} */
  let split = null;
  let matrix = ctx.get().matrix.flat();
  let at = Number(ctx.get().stage);
  /** 画着的 3×2 矩阵：前两行在纸面里，第三行是离开纸面的高度。 */
  let shown = [1, 0, 0, 1, 0, 0];
  /** @type {Plane} */
  let view = plane(320, 320, REACH);
  let moving = 0;
  let dragging = false;
  const parts = build();

  // —— 走到第几步是什么矩阵 ——

  /** @param {number} where 0 到 3 @returns {number[]} */
  function along(where) {
    if (!split) return [...matrix, 0, 0];
    const count = split.path.shape[0] - 1;
    const place = (where / 3) * count;
    const k = Math.min(Math.floor(place), count - 1);
    const t = place - k;
    const path = split.path.data;
    return [0, 1, 2, 3, 4, 5].map((i) => (1 - t) * path[6 * k + i] + t * path[6 * (k + 1) + i]);
  }

  /** @param {ArrayLike<number>} points @param {number[]} [by] @returns {Float64Array} */
  function pixels(points, by = shown) {
    const [a, b, c, d, e, f] = by;
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      const near = 1 / (1 - DEPTH * (e * x + f * y));
      out[i] = view.x(near * (a * x + b * y));
      out[i + 1] = view.y(near * (c * x + d * y));
    }
    return out;
  }

  // —— 画 ——

  function draw() {
    if (!data) return;
    const [a, b, c, d] = shown;
    let [fine, major] = ['', ''];
    for (const line of parts.lines) {
      const path = linePath(pixels(line.points));
      if (line.major) major += path;
      else fine += path;
    }
    parts.grid.setAttribute('d', fine);
    parts.gridMajor.setAttribute('d', major);
    parts.paper.setAttribute('d', linePath(pixels(parts.border), true));
    parts.paper.classList.toggle('is-back', a * d - b * c < 0);
    parts.cat.update(pixels(parts.cat.points));
    parts.circle.setAttribute('d', linePath(pixels(data.circle), true));
    parts.before.setAttribute('d', linePath(pixels(data.circle, [1, 0, 0, 1, 0, 0]), true));
    parts.arrows.setAttribute('d', linePath(pixels([0, 0, 1, 0])) + linePath(pixels([0, 0, 0, 1])));
    drawCross();
    const free = at === 3;
    handles.first.move(matrix[0], matrix[2]);
    handles.second.move(matrix[1], matrix[3]);
    // 还没走到头时，环留在两个箭头最后要去的地方。
    for (const h of Object.values(handles)) h.element.classList.toggle('is-goal', !free);
    ['i', 'j'].forEach((_, k) => {
      const [px, py] = pixels(k ? [0, 1] : [1, 0]);
      put(parts.tips[k], !free, px + 12, py - 10);
      parts.tipDots[k].setAttribute('cx', px.toFixed(1));
      parts.tipDots[k].setAttribute('cy', py.toFixed(1));
      parts.tipDots[k].setAttribute('visibility', free ? 'hidden' : 'visible');
    });
    write();
  }

  /** 十字：拉得最多和最少的两个方向，它们始终互相垂直；旁边写着现在各多长。 */
  function drawCross() {
    const shownNow = Boolean(split) && !dragging;
    parts.cross.setAttribute('visibility', shownNow ? 'visible' : 'hidden');
    let path = '';
    const taken = marks();
    for (const k of [0, 1]) {
      const label = parts.lengths[k];
      if (!split) {
        put(label, false, 0, 0);
        continue;
      }
      const [x, y] = [split.directions.data[2 * k], split.directions.data[2 * k + 1]];
      const ends = pixels([-x, -y, x, y]);
      path += linePath(ends);
      const [p, q] = [shown[0] * x + shown[1] * y, shown[2] * x + shown[3] * y];
      const length = Math.sqrt(p * p + q * q);
      label.textContent = size(length);
      const half = 4.5 * label.textContent.length;
      // 写在线的外端再往外一点；那里有字就写到另一头去，原来在哪一头就先看哪一头。
      const spots = (parts.sides[k] ? [0, 2, 0, 2] : [2, 0, 2, 0]).map((end, i) => outside(ends[end], ends[end + 1], half, i < 2 ? 0 : 18, end));
      const spot = firstClear(spots, taken);
      parts.sides[k] = spot.end === 0;
      taken.push(spot.box);
      put(label, shownNow, spot.x, spot.y + 5);
    }
    parts.cross.setAttribute('d', path);
  }

  /** 从中心往 (px, py) 的方向出去一点，放得下半宽 ``half`` 的字的地方。 @param {number} px @param {number} py @param {number} half @param {number} more @param {number} end */
  function outside(px, py, half, more, end) {
    const [dx, dy] = [px - view.x(0), py - view.y(0)];
    const far = Math.max(1, Math.sqrt(dx * dx + dy * dy));
    const x = Math.max(half + 4, Math.min(view.width - half - 4, px + ((24 + more) * dx) / far));
    const y = Math.max(12, Math.min(view.height - 12, py + ((18 + more) * dy) / far));
    return { x, y, end, box: boxAt(x, y, half, 8) };
  }

  /** 箭头尖上的点、环和字，占着的地方。 */
  function marks() {
    const free = at === 3;
    const tips = free ? [[matrix[0], matrix[2]], [matrix[1], matrix[3]]].map(([x, y]) => [view.x(x), view.y(y)])
      : [pixels([1, 0]), pixels([0, 1])];
    return tips.flatMap(([px, py]) => [boxAt(px, py, free ? 11 : 5, free ? 11 : 5), boxAt(px + 17, py - 17, 8, 11)]);
  }

  // —— 数字和话 ——

  function write() {
    parts.slider.value = String(at);
    parts.slider.setAttribute('aria-valuetext', stepName());
    const values = split ? partsText(split) : null;
    parts.cards.forEach((card, k) => {
      const on = at > k && at <= k + 1;
      card.button.classList.toggle('is-on', on);
      card.button.classList.toggle('is-done', at >= k + 1);
      card.button.classList.toggle('is-waiting', !values);
      card.number.textContent = values ? values[k] : '…';
      card.name.textContent = names(split)[k];
    });
    parts.matrix.update([[matrix[0], matrix[1]], [matrix[2], matrix[3]]]);
    for (const { button, preset } of parts.chips()) {
      button.setAttribute('aria-pressed', String(close(matrix, preset.matrix.data)));
    }
    parts.determinant.textContent = split ? areaText(split) : '';
    if (!dragging) say(sentence());
  }

  function stepName() {
    if (at === 0) return '起点，什么也没做';
    const k = Math.min(2, Math.ceil(at) - 1);
    const part = Math.round(100 * (at - k));
    return `第 ${k + 1} 步：${names(split)[k]}，走了 ${part}%`;
  }

  function sentence() {
    if (!split) {
      if (ctx.live() === 'live') return '正在拆这个矩阵…';
      return ctx.live() === 'failed'
        ? 'Python 没有启动，拆不了新的矩阵；几个现成的例子仍然可以看。'
        : '纸面已经跟上了。要把这个矩阵拆开，等 Python 醒来。';
    }
    return told(split, at);
  }

  /** @param {string} text */
  function say(text) {
    if (parts.say.textContent !== text) parts.say.textContent = text;
  }

  // —— 动 ——

  /** 从画着的样子走到 ``target``。 @param {() => number[]} target @param {number} time @param {(t: number) => void} [each] */
  function glide(target, time, each) {
    const from = [...shown];
    if (ctx.reducedMotion) {
      moving = 0;
      each?.(1);
      shown = target();
      draw();
      return;
    }
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / time));
      const eased = t * t * (3 - 2 * t);
      if (t === 1) moving = 0;
      each?.(each === undefined ? t : eased);
      const to = target();
      shown = each ? to : from.map((v, i) => v + eased * (to[i] - v));
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** 滑杆走到 ``where``。 @param {number} where */
  function goTo(where) {
    moving = 0;
    at = where;
    shown = along(at);
    draw();
    ctx.set({ stage: where });
  }

  /** 自己走：从 ``from`` 走到 ``to``。 @param {number} from @param {number} to @param {number} time */
  function walk(from, to, time) {
    if (!split) return;
    at = from;
    shown = along(at);
    glide(() => along(at), time, (t) => {
      at = t === 1 ? to : from + t * (to - from);
      if (t === 1) ctx.set({ stage: to });
    });
  }

  /** 换一个矩阵；``known`` 是已经拆好的（几个现成的例子），没有就等 Python。 @param {number[]} next @param {any} [known] */
  function change(next, known) {
    const before = split;
    matrix = next.map(tidy);
    split = known ?? [data, ...data.presets].find((p) => close(matrix, p.matrix.data)) ?? null;
    if (!split) at = 3;
    if (known && before !== split) glide(() => along(at), 400);
    else {
      moving = 0;
      shown = along(at);
      draw();
    }
    ctx.set({ matrix: [[matrix[0], matrix[1]], [matrix[2], matrix[3]]], ...(split ? {} : { stage: 3 }) });
  }

  /** @param {number} column */
  const tip = (column) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const next = [...matrix];
    next[column] = x;
    next[column + 2] = y;
    change(next);
  };
  const place = {
    toPixel: (/** @type {number} */ x, /** @type {number} */ y) => /** @type {Pair} */ ([view.x(x), view.y(y)]),
    fromPixel: (/** @type {number} */ px, /** @type {number} */ py) => view.at(px, py),
    rangeX: /** @type {Pair} */ ([-2.1, 2.1]),
    rangeY: /** @type {Pair} */ ([-2.1, 2.1]),
    onStart: () => {
      dragging = true;
      if (at < 3) goTo(3);
    },
    onEnd: () => { dragging = false; draw(); },
  };
  const handles = {
    first: handle(parts.svg, { label: '第一个箭头 i 的尖', name: 'i', x: 1, y: 0, ...place, onMove: tip(0) }),
    second: handle(parts.svg, { label: '第二个箭头 j 的尖', name: 'j', x: 0, y: 1, ...place, onMove: tip(1) }),
  };

  // —— 搭起来 ——

  function build() {
    const area = svg('svg', { class: 'apart-svg', role: 'group', 'aria-label': '一张画着方格、圆和小猫的纸' });
    const paperAxes = axes(area, { grid: 0, labels: 4 });
    const paper = svg('path', { class: 'apart-paper' }, area);
    const grid = svg('path', { class: 'apart-grid' }, area);
    const gridMajor = svg('path', { class: 'apart-grid is-major' }, area);
    const before = svg('path', { class: 'apart-before' }, area);
    const circle = svg('path', { class: 'apart-circle' }, area);
    const cross = svg('path', { class: 'apart-cross' }, area);
    const arrows = svg('path', { class: 'apart-arrows' }, area);
    const cat = figure(area, { centre: [-0.05, 0], size: 0.58 });
    const tipDots = [0, 1].map(() => svg('circle', { class: 'apart-dot', r: 4 }, area));
    const tips = ['i', 'j'].map((name) => {
      const text = svg('text', { class: 'apart-tip' }, area);
      text.textContent = name;
      return text;
    });
    const sides = [false, false]; // 长度写在负的那一头吗
    const lengths = [0, 1].map(() => svg('text', { class: 'apart-length', 'text-anchor': 'middle' }, area));

    const slider = html('input', { type: 'range', min: '0', max: '3', step: '0.01', 'aria-label': '走到第几步' });
    slider.addEventListener('input', () => goTo(Number(slider.value)));
    slider.addEventListener('keydown', (event) => {
      // 滑杆一格很细，好让拖动平滑；方向键一次走十格，按住 Shift 走五十格。
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      goTo(Math.max(0, Math.min(3, Math.round((at + way * (event.shiftKey ? 0.5 : 0.1)) * 100) / 100)));
    });
    const cards = names(null).map((title, k) => {
      const name = html('span', {}, title);
      const value = html('strong', {});
      const button = html('button', { type: 'button', class: 'apart-card' },
        html('span', {}, `${'①②③'[k]} `, name), value);
      button.addEventListener('click', () => walk(k, k + 1, 1100));
      return { button, name, number: value };
    });
    const play = html('button', { type: 'button', class: 'ex-button' }, '从头走一遍');
    play.addEventListener('click', () => walk(0, 3, 4800));

    const presets = html('div', { class: 'apart-presets', role: 'group', 'aria-label': '现成的矩阵' });
    /** @type {{button: HTMLElement, preset: any}[]} */
    const chips = [];
    const field = matrixField({
      label: '矩阵', rows: 2, columns: 2, headings: ['i', 'j'], low: -3, high: 3,
      onInput: ([[a, b], [c, d]]) => {
        ctx.note('');
        change([a, b, c, d]);
      },
      onBad: (text) => ctx.note(text),
    });
    const determinant = html('p', { class: 'apart-area' });
    const say = html('p', { class: 'apart-say', 'aria-live': 'polite' });
    const wrap = html('div', { class: 'apart' },
      html('div', { class: 'apart-picture' }, area),
      html('div', { class: 'apart-side' },
        html('div', { class: 'apart-steps' }, ...cards.map((c) => c.button), slider),
        say,
        html('div', { class: 'apart-row' }, play),
        presets,
        html('div', { class: 'apart-matrix' }, field.element, determinant)));
    stage.append(wrap);

    const lines = lattice(SHEET, 0.2, 2);
    const border = [-SHEET, -SHEET, SHEET, -SHEET, SHEET, SHEET, -SHEET, SHEET];
    return {
      wrap, svg: area, axes: paperAxes, paper, grid, gridMajor, before, circle, cross, arrows, cat, tipDots, tips,
      lengths, sides, slider, cards, presets, matrix: field, determinant, say, lines, border,
      chips: () => chips,
      /** @param {any[]} list */
      fillPresets(list) {
        for (const preset of list) {
          const button = html('button', { type: 'button', class: 'ex-button', 'aria-pressed': 'false' }, preset.name);
          button.addEventListener('click', () => change(Array.from(preset.matrix.data), preset));
          chips.push({ button, preset });
          presets.append(button);
        }
      },
    };
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 700;
    parts.wrap.classList.toggle('is-wide', wide);
    const side = Math.round(wide ? Math.min(560, width - 380) : Math.min(width, 520));
    view = plane(side, side, REACH);
    parts.svg.setAttribute('width', String(side));
    parts.svg.setAttribute('height', String(side));
    parts.axes.update(view);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      if (first) parts.fillPresets(scene.presets);
      data = { ...scene, circle: scene.circle.data };
      const values = ctx.get();
      const next = values.matrix.flat();
      const moved = !close(next, matrix);
      const known = [scene, ...scene.presets].find((p) => close(next, p.matrix.data)) ?? null;
      if (dragging) {
        if (known) split = known;
        draw();
        return;
      }
      const where = Number(values.stage);
      const jumped = where !== at;
      matrix = next;
      split = known;
      if (moving) return;
      at = split ? where : 3;
      if (first) {
        shown = along(at);
        resize();
      } else if (moved || jumped) glide(() => along(at), 300);
      else {
        shown = along(at);
        draw();
      }
    },
    resize,
    theme() {},
    destroy() {
      moving = -1;
      for (const h of Object.values(handles)) h.destroy();
      parts.wrap.remove();
    },
  };
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function close(a, b) {
  for (let i = 0; i < 4; i += 1) if (Math.abs(a[i] - b[i]) > SAME) return false;
  return true;
}

/** @param {number} v */
function tidy(v) {
  return Math.round(v * 1e4) / 1e4;
}

/** @param {SVGElement} text @param {boolean} visible @param {number} x @param {number} y */
function put(text, visible, x, y) {
  text.setAttribute('visibility', visible ? 'visible' : 'hidden');
  text.setAttribute('x', x.toFixed(1));
  text.setAttribute('y', y.toFixed(1));
}
