// @ts-check
/** 山谷的剖面：地面、小旗、走过的路，也用在别的图旁边。横竖两个方向各有各的比例。 */
import { linePath, number, svg, ticks } from '../axes.js';
import '../../style/descent.css';

const PIECES = 120;
const MOST_HOPS = 60; // 至多画最后这么多段
const ROOM = { left: 34, right: 14, top: 28, bottom: 30 };

/** @typedef {import('./walk.js').Curve} Curve */

/**
 * @param {Element} parent 放进哪里 @param {string} label 给读屏软件的名字
 */
export function chart(parent, label) {
  const root = /** @type {SVGSVGElement} */ (svg('svg', { class: 'ds-chart', role: 'group', 'aria-label': label }, parent));
  const paper = svg('g', { 'aria-hidden': 'true' }, root);
  const grid = svg('path', { class: 'axes-grid' }, paper);
  const ground = svg('path', { class: 'ds-ground' }, paper);
  const line = svg('path', { class: 'ds-line' }, paper);
  const texts = svg('g', { class: 'axes-text' }, paper);
  const flag = svg('g', { class: 'ds-flag' }, paper);
  svg('path', { class: 'ds-pole', d: 'M0 0V-26' }, flag);
  svg('path', { class: 'ds-cloth', d: 'M0 -26L13 -21L0 -16Z' }, flag);
  const trail = svg('g', { 'aria-hidden': 'true' }, root);
  const frame = { width: 300, height: 240, x: (/** @type {number} */ v) => v, y: (/** @type {number} */ v) => v, at: (/** @type {number} */ px) => px };
  /** @type {Curve | null} */
  let curve = null;

  /** 换一条谷，或者换一个大小。 @param {Curve} next @param {number} width @param {number} height */
  function ground_(next, width, height) {
    if (curve === next && frame.width === width && frame.height === height) return;
    curve = next;
    Object.assign(frame, { width, height });
    root.setAttribute('width', String(width));
    root.setAttribute('height', String(height));
    root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const wide = width - ROOM.left - ROOM.right;
    const tall = height - ROOM.top - ROOM.bottom;
    const span = next.high - next.low;
    frame.x = (v) => ROOM.left + ((v - next.low) / span) * wide;
    frame.y = (v) => ROOM.top + (1 - v / next.top) * tall;
    frame.at = (px) => next.low + ((px - ROOM.left) / wide) * span;
    const edge = [];
    for (let i = 0; i <= PIECES; i += 1) {
      const x = next.low + (span * i) / PIECES;
      edge.push(frame.x(x), Math.max(-40, frame.y(next.height(x))));
    }
    // 画面右边留着轴名的地方也是地：照最后一小段的坡度延过去。
    const [ax, ay, bx, by] = edge.slice(-4);
    edge.push(width, by + ((by - ay) / (bx - ax)) * (width - bx));
    const d = linePath(edge);
    const floor = height - ROOM.bottom;
    line.setAttribute('d', d);
    ground.setAttribute('d', `${d}L${width} ${floor}L${frame.x(next.low)} ${floor}Z`);
    texts.replaceChildren();
    let rules = '';
    for (const v of ticks(next.low, next.high, width < 420 ? 6 : 10)) {
      if (frame.x(v) > width - ROOM.right - 16) continue; // 那里写着轴的名字
      rules += `M${frame.x(v).toFixed(1)} ${ROOM.top}V${floor}`;
      svg('text', { x: frame.x(v), y: height - 11, 'text-anchor': 'middle' }, texts).textContent = number(v);
    }
    for (const v of ticks(0, next.top, 5)) {
      rules += `M${ROOM.left} ${frame.y(v).toFixed(1)}H${width - ROOM.right}`;
      svg('text', { x: ROOM.left - 6, y: frame.y(v) + 4, 'text-anchor': 'end' }, texts).textContent = number(v);
    }
    svg('text', { x: width - ROOM.right, y: height - 11, 'text-anchor': 'end', class: 'ds-axis' }, texts).textContent = 'x';
    svg('text', { x: 8, y: 17 }, texts).textContent = '高度';
    grid.setAttribute('d', rules);
    flag.setAttribute('transform', `translate(${frame.x(next.goal).toFixed(1)} ${frame.y(next.height(next.goal)).toFixed(1)})`);
  }

  /** 地面上的一点（出了画面就贴在边上）。 @param {number} x @returns {[number, number]} */
  function onGround(x) {
    if (!curve) return [0, 0];
    const c = curve;
    const inside = Math.max(c.low, Math.min(c.high, x));
    return [frame.x(inside), Math.max(6, frame.y(c.height(inside)))];
  }

  /** 走过的路：点和一段段的箭头，越早的越淡。 @param {number[]} xs @param {boolean} [ball] 末尾画不画球 */
  function path(xs, ball = false) {
    trail.replaceChildren();
    const from = Math.max(0, xs.length - 1 - MOST_HOPS);
    for (let k = from; k < xs.length; k += 1) {
      const [px, py] = onGround(xs[k]);
      const age = xs.length - 1 - k;
      const faint = Math.max(0.22, 1 - 0.09 * age);
      if (k + 1 < xs.length) {
        const [qx, qy] = onGround(xs[k + 1]);
        arrow(trail, px, py, qx, qy, 'ds-hop').setAttribute('opacity', String(Math.max(0.22, 1 - 0.09 * (age - 1))));
      }
      const last = ball && !age;
      svg('circle', { class: last ? 'ds-foot is-last' : 'ds-foot', cx: px.toFixed(1), cy: py.toFixed(1), r: last ? 5.5 : 3.2, opacity: faint }, trail);
    }
  }

  return { root, frame, show: ground_, onGround, path };
}

/**
 * 一支箭：太短就只画线。
 * @param {Element} parent @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} look
 */
export function arrow(parent, x1, y1, x2, y2, look) {
  return svg('path', { class: look, d: arrowPath(x1, y1, x2, y2) }, parent);
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export function arrowPath(x1, y1, x2, y2) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const size = Math.sqrt(dx * dx + dy * dy);
  let d = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
  if (size > 9) {
    const head = Math.min(8, size * 0.4);
    const [ux, uy] = [dx / size, dy / size];
    for (const side of [1, -1]) {
      const bx = x2 - head * ux + side * 0.5 * head * uy;
      const by = y2 - head * uy - side * 0.5 * head * ux;
      d += `M${x2.toFixed(1)} ${y2.toFixed(1)}L${bx.toFixed(1)} ${by.toFixed(1)}`;
    }
  }
  return d;
}
