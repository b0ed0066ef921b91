// @ts-check
/** 学习率图：一条或两条色带，横着学习率，竖着第几步；一个环选中一列和一行。 */
import { number, svg, ticks } from '../axes.js';
import { handle } from '../drag.js';
import { html } from '../fields.js';
import { rgb } from '../palette.js';
import { clamp } from './walk.js';

const ROOM = { left: 36, right: 10, top: 24, between: 40, bottom: 36 };
const START_SHARE = 0.72; // 起点的误差大约画到这么浓；更远的掺墨

/** @param {{onMove: (rate: number, row: number) => void}} on */
export function stepMap(on) {
  const canvas = html('canvas', { 'aria-hidden': 'true' });
  const over = /** @type {SVGSVGElement} */ (svg('svg', { class: 'sm-over', role: 'group', 'aria-label': '学习率图：横着是学习率，竖着是第几步' }));
  const back = svg('g', { 'aria-hidden': 'true' }, over);
  const column = svg('path', { class: 'sm-column' }, over);
  const element = html('div', { class: 'sm-map' }, canvas, over);
  let width = 300;
  let height = 300;
  /** @type {any} */
  let ground = null;
  let rows = 1;
  let levels = 1;
  let drawn = '';
  let held = false;

  const strips = () => ground?.strips.length ?? 1;
  const tall = () => (height - ROOM.top - ROOM.bottom - (strips() - 1) * ROOM.between) / strips();
  const top = (/** @type {number} */ k) => ROOM.top + k * (tall() + ROOM.between);
  const x = (/** @type {number} */ rate) => ROOM.left + (rate / (ground?.top ?? 1)) * (width - ROOM.left - ROOM.right);
  const y = (/** @type {number} */ k, /** @type {number} */ row) => top(k) + ((row + 0.5) / (rows + 1)) * tall();
  const rateAt = (/** @type {number} */ px) => ((px - ROOM.left) / (width - ROOM.left - ROOM.right)) * (ground?.top ?? 1);

  const ring = handle(over, {
    label: '选中的学习率和第几步', x: 0.1, y: 0, className: 'sm-ring',
    step: 0.01, // 真正的一格由 ask 定
    toPixel: (rate, row) => [x(Math.min(rate, ground?.top ?? 1)), y(0, row)],
    fromPixel: (px, py) => [rateAt(px), rowAt(py)],
    valueText: (rate, row) => `学习率 ${number(rate)}，第 ${Math.round(row)} 步`,
    onMove: (rate, row) => pick(rate, row),
    onStart: () => { held = true; },
    onEnd: () => { held = false; },
  });
  // 方向键：左右走一小格学习率，上下走一步。
  /** @type {any} */ (ring.element).addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !ground) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const [rate, row] = ring.position();
    const far = event.shiftKey ? 5 : 1;
    pick(rate + way[0] * far * (ground.top > 0.5 ? 0.01 : 0.0025), row + way[1] * far);
  }, { capture: true });
  // 鼠标在图上哪里按下，就从哪里拖；手指在环以外划是滚动页面，点一下才算。
  let sliding = false;
  const spot = (/** @type {MouseEvent} */ event) => {
    const box = over.getBoundingClientRect();
    pick(rateAt(event.clientX - box.left), rowAt(event.clientY - box.top));
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.button > 0 || !ground || event.pointerType === 'touch') return;
    sliding = true;
    held = true;
    over.setPointerCapture(event.pointerId);
    spot(event);
  });
  over.addEventListener('pointermove', (event) => { if (sliding) spot(event); });
  for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    over.addEventListener(name, () => {
      if (!sliding) return;
      sliding = false;
      held = false;
    });
  }
  over.addEventListener('click', (event) => {
    if (/** @type {PointerEvent} */ (event).pointerType !== 'touch' || event.target !== over || !ground) return;
    spot(event);
  });

  /** @param {number} rate @param {number} row */
  function pick(rate, row) {
    on.onMove(clamp(rate, 0, ground.top), clamp(Math.round(row), 0, rows));
  }

  /** @param {number} py */
  function rowAt(py) {
    const k = strips() > 1 && py > top(1) - ROOM.between / 2 ? 1 : 0;
    return ((py - top(k)) / tall()) * (rows + 1) - 0.5;
  }

  /** 浓淡 → 颜色：零是纸，正的蓝、负的橙，比起点还远的掺进墨里。 @param {Record<string, string>} colors */
  function ramp(colors) {
    const [paper, ink] = [rgb(colors.card), rgb(colors.ink)];
    return (/** @type {number} */ level) => {
      const t = Math.abs(level) / levels;
      const hue = rgb(level < 0 ? colors.orange : colors.blue);
      const [from, to, f] = t <= START_SHARE ? [paper, hue, t / START_SHARE] : [hue, ink, (t - START_SHARE) / (1 - START_SHARE)];
      return from.map((v, i) => Math.round(v + f * (to[i] - v)));
    };
  }

  /** @param {Record<string, string>} colors */
  function paint(colors) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const color = ramp(colors);
    brush.imageSmoothingEnabled = false;
    ground.strips.forEach((/** @type {any} */ strip, /** @type {number} */ k) => {
      const [high, wide] = strip.levels.shape;
      const small = html('canvas', { width: String(wide), height: String(high) });
      const pen = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
      const pixels = pen.createImageData(wide, high);
      strip.levels.data.forEach((/** @type {number} */ level, /** @type {number} */ i) => {
        const [r, g, b] = color(level);
        pixels.data.set([r, g, b, 255], 4 * i);
      });
      pen.putImageData(pixels, 0, 0);
      brush.drawImage(small, ROOM.left * ratio, top(k) * ratio, (width - ROOM.left - ROOM.right) * ratio, tall() * ratio);
    });
  }

  /** 刻度和每条色带的名字；``marked`` 时还有界线和每一段的名字。 @param {boolean} marked */
  function letter(marked) {
    back.replaceChildren();
    const narrow = width < 420;
    ground.strips.forEach((/** @type {any} */ strip, /** @type {number} */ k) => {
      const [a, b] = [top(k), top(k) + tall()];
      svg('rect', { class: 'sm-frame', x: ROOM.left, y: a, width: width - ROOM.left - ROOM.right, height: tall() }, back);
      for (const row of strips() > 1 ? [0, rows] : [0, 20, 40, rows]) {
        svg('text', { class: 'sm-tick', x: ROOM.left - 6, y: y(k, row) + 4, 'text-anchor': 'end' }, back).textContent = String(row);
      }
      if (!marked) {
        if (strips() > 1) svg('text', { class: 'sm-band', x: x(ground.top / 2), y: a - 7, 'text-anchor': 'middle' }, back).textContent = strip.label;
        return;
      }
      const marks = [0, strip.swings, strip.explodes, ground.top];
      ground.bands.forEach((/** @type {string} */ word, /** @type {number} */ i) => {
        if (marks[i] > ground.top) return;
        const [from, to] = [Math.min(marks[i], ground.top), Math.min(marks[i + 1], ground.top)];
        const room = x(to) - x(from);
        if (room < 44) return;
        let text = word;
        if (strips() > 1 && i === 0) {
          // 有两条色带时，第一段还要说这是哪个方向；写不下两样，就只写方向。
          const both = `${strip.label}：${word}`;
          text = room > 14 * both.length ? both : strip.label;
        }
        svg('text', { class: 'sm-band', x: (x(from) + x(to)) / 2, y: a - 7, 'text-anchor': 'middle' }, back).textContent = text;
      });
      for (const [edge, power] of [[strip.swings, '1/c'], [strip.explodes, '2/c']]) {
        if (edge > ground.top) continue;
        svg('path', { class: 'sm-edge', d: `M${x(edge).toFixed(1)} ${a - 5}V${b + 5}` }, back);
        svg('text', { class: 'sm-tick is-edge', x: x(edge), y: b + 17, 'text-anchor': 'middle' }, back).textContent = `${power} = ${number(edge)}`;
      }
    });
    const floor = height - 4;
    const edges = marked ? ground.strips.flatMap((/** @type {any} */ s) => [s.swings, s.explodes]) : [];
    for (const v of ticks(0, ground.top, narrow ? 4 : 7)) {
      if (x(v) > width - 60 || edges.some((/** @type {number} */ e) => Math.abs(x(e) - x(v)) < 3)) continue; // 界线自己写着数
      svg('text', { class: 'sm-tick', x: x(v), y: floor, 'text-anchor': 'middle' }, back).textContent = number(v);
    }
    svg('text', { class: 'sm-tick', x: width - ROOM.right, y: floor, 'text-anchor': 'end' }, back).textContent = '学习率 η';
    svg('text', { class: 'sm-tick', x: 2, y: ROOM.top - 8 }, back).textContent = '第几步';
  }

  return {
    element,
    /** @param {any} scene */
    use(scene) {
      rows = scene.rows;
      levels = scene.levels;
      drawn = '';
    },
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [Math.round(w), h];
      element.style.width = `${width}px`;
      over.setAttribute('width', String(width));
      over.setAttribute('height', String(height));
      drawn = '';
    },
    /** @param {any} next @param {any} state @param {Record<string, string>} colors */
    show(next, state, colors) {
      ground = next;
      const key = `${state.ground}/${width}/${height}/${colors.card}/${state.edges}`;
      if (key !== drawn) {
        drawn = key;
        paint(colors);
        letter(state.edges);
      }
      ring.move(state.learning_rate, state.row);
      const at = x(Math.min(state.learning_rate, ground.top)).toFixed(1);
      column.setAttribute('d', ground.strips.map((/** @type {any} */ _, /** @type {number} */ k) => `M${at} ${top(k)}V${(top(k) + tall()).toFixed(1)}`).join(''));
    },
    forget: () => { drawn = ''; },
    dragging: () => held,
    destroy: () => ring.destroy(),
  };
}
