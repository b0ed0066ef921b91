// @ts-check
/** 三条信念的曲线，读者用手指、鼠标或方向键在上面画自己的先验；下面是真值和要比较的两种硬币。 */
import { linePath, number, svg } from '../axes.js';
import { handle } from '../drag.js';
import { cell } from './model.js';

// 笔的环在最高、最低的地方也不压住轴名：上面留一个环和它的字，刻度的数字退到环的下面。
const [SIDE, TOP] = [16, 47];
const DIGITS = 27;
const TRACKS = [54, 94]; // 轴下面两条轨道：真值，要比较的两种硬币
const BELOW = 120;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const STEP = 0.025;

/**
 * @param {{paint: (from: [number, number], to: [number, number]) => void, painted: () => void,
 *   truth: (v: number) => void, pair: (which: 'low' | 'high', v: number) => void, pairEnd: () => void}} ask
 */
export function curves(ask) {
  const picture = svg('svg', { class: 'belief-curves' });
  const back = svg('g', { class: 'axes axes-text', 'aria-hidden': 'true' }, picture);
  const haze = svg('path', { class: 'belief-haze' }, picture);
  const stem = svg('path', { class: 'belief-truth' }, picture);
  const feet = svg('path', { class: 'belief-feet' }, picture);
  const others = ['second', 'third'].map((name) => svg('path', { class: `belief-line belief-${name}` }, picture));
  const prior = svg('path', { class: 'belief-prior' }, picture);
  const mine = svg('path', { class: 'belief-line belief-mine' }, picture);
  const spots = svg('path', { class: 'belief-spots' }, picture);
  const words = svg('g', { class: 'belief-words', 'aria-hidden': 'true' }, picture);
  const pad = svg('rect', { class: 'belief-pad', fill: 'transparent' }, picture);
  let [width, height] = [0, 0];
  let hint = true;
  let worded = '';
  /** @type {ArrayLike<number>} */
  let drawn = [];
  let brush = 19; // 画笔停在第几格
  /** 上一笔到了哪里。 @type {[number, number] | null} */
  let last = null;

  const base = () => height - BELOW;
  const x = (/** @type {number} */ theta) => SIDE + theta * (width - 2 * SIDE);
  const y = (/** @type {number} */ share) => base() - share * (base() - TOP);
  const thetaAt = (/** @type {number} */ px) => (px - SIDE) / (width - 2 * SIDE);
  const shareAt = (/** @type {number} */ py) => Math.max(0, Math.min(1, (base() - py) / (base() - TOP)));
  const theta = (/** @type {number} */ i) => (i + 1) * STEP;

  /** 画到这里。 @param {number} px @param {number} py */
  function stroke(px, py) {
    const to = /** @type {[number, number]} */ ([cell(thetaAt(px), drawn.length), shareAt(py)]);
    hint = false;
    brush = to[0];
    ask.paint(last ?? to, to);
    last = to;
    place(); // 连着按键时，下一下要从这里接着走
  }

  // 图里任何地方都可以下笔。
  const area = /** @type {SVGElement} */ (pad);
  area.addEventListener('pointerdown', (event) => {
    if (event.button > 0 || !drawn.length) return;
    event.preventDefault();
    area.setPointerCapture(event.pointerId);
    last = null;
    stroke(...spot(event));
  });
  area.addEventListener('pointermove', (event) => { if (last && area.hasPointerCapture(event.pointerId)) stroke(...spot(event)); });
  for (const name of ['pointerup', 'pointercancel']) {
    area.addEventListener(name, () => {
      if (last) ask.painted();
      last = null;
    });
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function spot(event) {
    const box = picture.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  const plain = (/** @type {number} */ row) => ({
    toPixel: (/** @type {number} */ v) => /** @type {[number, number]} */ ([x(v), base() + TRACKS[row]]),
    fromPixel: (/** @type {number} */ px) => /** @type {[number, number]} */ ([Math.round(thetaAt(px) / STEP) * STEP, 0]),
    axis: /** @type {'x'} */ ('x'), step: STEP, y: 0,
    valueText: (/** @type {number} */ v) => `正面的机会 ${number(v)}`,
  });
  const handles = {
    brush: handle(picture, {
      label: '画先验的笔：左右换地方，上下改高矮', x: 0.5, y: 0.5, step: STEP, rangeX: [STEP, 0.975], rangeY: [0, 1],
      toPixel: (v, share) => [x(v), y(share)],
      fromPixel: (px, py) => [thetaAt(px), shareAt(py)],
      valueText: (v, share) => `机会 ${number(v)} 处，高 ${Math.round(share * 100)}%`,
      onStart: () => { last = null; },
      onMove: (v, share) => {
        const to = cell(v, drawn.length);
        const keyed = !handles.brush.dragging();
        // 键盘：左右只挪笔，上下才画，一下半成。
        if (keyed && to !== brush) {
          brush = to;
          hint = false;
          place();
          return;
        }
        const up = keyed ? drawn[brush] + 2 * (share - drawn[brush]) : share;
        stroke(x(theta(to)), y(Math.max(0, Math.min(1, up))));
      },
      onEnd: () => {
        last = null;
        ask.painted();
      },
    }),
    truth: handle(picture, {
      ...plain(0), label: '真的机会', x: 0.7, rangeX: [0.05, 0.95],
      onMove: (v) => {
        handles.truth.move(v, 0);
        ask.truth(v);
      },
    }),
    low: handle(picture, {
      ...plain(1), label: '第一种硬币', x: 0.5, rangeX: [STEP, 0.975], onEnd: () => ask.pairEnd(),
      onMove: (v) => {
        handles.low.move(v, 0);
        ask.pair('low', v);
      },
    }),
    high: handle(picture, {
      ...plain(1), label: '第二种硬币', x: 0.7, rangeX: [STEP, 0.975], onEnd: () => ask.pairEnd(),
      onMove: (v) => {
        handles.high.move(v, 0);
        ask.pair('high', v);
      },
    }),
  };

  function place() {
    if (drawn.length) handles.brush.move(theta(brush), drawn[brush]);
  }

  /** 一条竖线，从 top 到轴下面的轨道；路过刻度的数字时断开。 @param {number} v @param {number} top @param {number} row */
  function stalk(v, top, row) {
    const at = x(v).toFixed(1);
    const crosses = TICKS.some((tick) => Math.abs(x(tick) - x(v)) < 16);
    return `M${at} ${top.toFixed(1)}V${crosses ? `${base() + 12}M${at} ${base() + DIGITS + 5}V` : ''}${base() + TRACKS[row]}`;
  }

  /** @param {ArrayLike<number>} shares */
  function line(shares) {
    const pixels = [];
    for (let i = 0; i < shares.length; i += 1) pixels.push(x(theta(i)), y(shares[i]));
    return linePath(pixels);
  }

  /** 名字写在手柄的一边，不出画面。 @param {number} v @param {number} row @param {string} text @param {boolean} right @param {string} [look] */
  function name(v, row, text, right, look = '') {
    const room = text.length * 11;
    const side = right ? (x(v) + 16 + room > width ? -1 : 1) : (x(v) - 16 - room < 0 ? 1 : -1);
    svg('text', { class: look, x: x(v) + side * 15, y: base() + TRACKS[row] + 4.5, 'text-anchor': side > 0 ? 'start' : 'end' }, words)
      .textContent = text;
  }

  return {
    picture,
    handles,
    brushAt: () => brush,
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [w, h];
      for (const [key, value] of Object.entries({ viewBox: `0 0 ${w} ${h}`, width: w, height: h })) picture.setAttribute(key, String(value));
      for (const [key, value] of Object.entries({ x: 0, y: 0, width: w, height: base() })) pad.setAttribute(key, String(value));
      back.replaceChildren();
      let lines = `M${x(0)} ${y(0)}H${x(1)}`;
      for (const tick of TICKS) {
        lines += `M${x(tick).toFixed(1)} ${y(0)}v4`;
        svg('text', { x: x(tick), y: y(0) + DIGITS, 'text-anchor': 'middle' }, back).textContent = number(tick);
      }
      svg('path', { class: 'axes-cross', d: lines }, back);
      svg('text', { x: 2, y: 13 }, back).textContent = '可信的程度（最高的地方算 1）';
      svg('text', { x: x(0.875), y: y(0) + DIGITS, 'text-anchor': 'middle' }, back).textContent = w > 460 ? '出正面的机会' : '';
    },
    /**
     * @param {{prior: ArrayLike<number>, beliefs: {curve: ArrayLike<number>}[], flips: number, truth: number, pair: [number, number]}} now
     */
    draw(now) {
      drawn = now.prior;
      const yours = line(now.beliefs[0].curve);
      haze.setAttribute('d', `${yours}L${x(theta(drawn.length - 1)).toFixed(1)} ${y(0)}L${x(STEP).toFixed(1)} ${y(0)}Z`);
      mine.setAttribute('d', yours);
      prior.setAttribute('d', line(drawn));
      others.forEach((node, k) => node.setAttribute('d', line(now.beliefs[k + 1].curve)));
      stem.setAttribute('d', stalk(now.truth, TOP, 0));
      const [low, high] = now.pair;
      let [dotted, dots] = ['', ''];
      for (const i of [low, high]) {
        const at = y(now.beliefs[0].curve[i]).toFixed(1);
        dotted += stalk(theta(i), Number(at), 1);
        dots += `M${x(theta(i)).toFixed(1)} ${at}h.01`;
      }
      feet.setAttribute('d', dotted);
      spots.setAttribute('d', dots);
      handles.truth.move(now.truth, 0);
      handles.low.move(theta(low), 0);
      handles.high.move(theta(high), 0);
      place();
      // 名字没有动，就不重画。
      const written = [width, now.truth, low, high, hint, now.flips > 0, brush, drawn[brush]].join();
      if (written === worded) return;
      worded = written;
      words.replaceChildren();
      name(now.truth, 0, `真的是 ${number(now.truth)}`, true, 'is-truth');
      name(theta(low), 1, `硬币一 ${number(theta(low))}`, low > high);
      name(theta(high), 1, `硬币二 ${number(theta(high))}`, low <= high);
      // 有了结果，先验和信念分了家，细线要有名字。
      const word = hint ? '在图上画' : now.flips ? '你画的先验' : '';
      const px = Math.max(40, Math.min(width - 40, x(theta(brush))));
      if (word) svg('text', { class: 'is-hint', x: px, y: y(drawn[brush]) - 18, 'text-anchor': 'middle' }, words).textContent = word;
    },
    destroy() {
      for (const h of Object.values(handles)) h.destroy();
    },
  };
}
