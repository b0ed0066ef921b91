// @ts-check
/** 二次曲面的等高线和走在上面的路。椭圆由 Python 给的半轴和方向画出来。 */
import { axes, linePath, plane, svg } from '../axes.js';
import { arrow } from './chart.js';

const AROUND = 72;

/** 一圈单位方向：沿正方形走一圈再归一。 */
const CIRCLE = Array.from({ length: AROUND + 1 }, (_, i) => {
  const q = ((i % AROUND) / AROUND) * 4;
  const f = 2 * (q - Math.floor(q)) - 1;
  const [x, y] = [[1, f], [-f, 1], [-1, -f], [f, -1]][Math.floor(q) % 4];
  const size = Math.sqrt(x * x + y * y);
  return [x / size, y / size];
});

/** @param {Element} parent @param {string} label */
export function contour(parent, label) {
  const root = /** @type {SVGSVGElement} */ (svg('svg', { class: 'ds-chart', role: 'img', 'aria-label': label }, parent));
  const paper = axes(root, { grid: 1, names: ['x', 'y'], labels: 5 });
  const rings = svg('g', { class: 'sm-rings', 'aria-hidden': 'true' }, root);
  const flag = svg('g', { class: 'ds-flag', 'aria-hidden': 'true' }, root);
  svg('path', { class: 'ds-pole', d: 'M0 0V-26' }, flag);
  svg('path', { class: 'ds-cloth', d: 'M0 -26L13 -21L0 -16Z' }, flag);
  const trail = svg('g', { 'aria-hidden': 'true' }, root);
  let [width, height] = [300, 300];
  let shown = '';

  /** @param {any} given @param {number[][]} places */
  function show(given, places) {
    const view = plane(width, height, given.reach);
    const key = `${given.formula}/${width}/${height}`;
    if (key !== shown) {
      shown = key;
      paper.update(view);
      const [[ax, ay], [bx, by]] = given.directions;
      const [cx, cy] = given.centre;
      rings.replaceChildren();
      for (const [p, q] of given.radii) {
        const pixels = CIRCLE.flatMap(([u, v]) => [
          view.x(cx + u * p * ax + v * q * bx), view.y(cy + u * p * ay + v * q * by)]);
        svg('path', { d: linePath(pixels, true) }, rings);
      }
      flag.setAttribute('transform', `translate(${view.x(cx).toFixed(1)} ${view.y(cy).toFixed(1)})`);
    }
    trail.replaceChildren();
    const from = Math.max(0, places.length - 61);
    for (let k = from; k < places.length; k += 1) {
      const [x, y] = [view.x(places[k][0]), view.y(places[k][1])];
      const faint = Math.max(0.25, 1 - 0.06 * (places.length - 1 - k));
      if (k + 1 < places.length) {
        arrow(trail, x, y, view.x(places[k + 1][0]), view.y(places[k + 1][1]), 'ds-hop').setAttribute('opacity', String(faint));
      }
      const last = k === places.length - 1;
      svg('circle', { class: last ? 'ds-foot is-last' : 'ds-foot', cx: x.toFixed(1), cy: y.toFixed(1), r: last ? 5.5 : 2.8, opacity: last ? 1 : faint }, trail);
    }
  }

  return {
    root, show,
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [Math.round(w), Math.round(h)];
      root.setAttribute('width', String(width));
      root.setAttribute('height', String(height));
      root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    },
  };
}
