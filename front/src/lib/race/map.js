// @ts-check
/** 地形图：等高线、终点圈、各位选手的脚印，和起点上的两个方向。 */
import { axes, linePath, number, plane, svg } from '../axes.js';
import { fit } from '../canvas.js';
import { bilinear, relief } from '../contours.js';
import { handle } from '../drag.js';
import { lookup } from '../table.js';
import { ME, mark } from './marks.js';

const LEVELS = 12;
const FLAT = 1e-6;

/** @typedef {[number, number]} Pair */

/**
 * @param {{onMove: (x: number, y: number) => void, onStart: () => void, onEnd: () => void}} options
 */
export function map(options) {
  const box = document.createElement('div');
  box.className = 'rc-map';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const area = /** @type {SVGSVGElement} */ (svg('svg', { role: 'group', 'aria-label': '从上面看的损失曲面' }));
  box.append(canvas, area);
  let view = plane(320, 320, 5);
  /** @type {any} */
  let ground = null;
  let drawn = '';
  const paper = axes(area, { grid: 0, labels: 4 });
  const finish = svg('path', { class: 'rc-finish' }, area);
  const toward = svg('path', { class: 'rc-toward' }, area);
  const trails = Array.from({ length: ME + 1 }, (_, k) => svg('path', { class: `rc-trail rc-${k}` }, area));
  const heads = Array.from({ length: ME + 1 }, (_, k) => mark(area, k));
  const arc = svg('path', { class: 'rc-arc' }, area);
  const down = svg('path', { class: 'rc-down' }, area);
  const tip = svg('path', { class: 'rc-tip' }, area);
  const degrees = svg('text', { class: 'rc-degrees', 'text-anchor': 'middle' }, area);
  const valley = svg('text', { class: 'rc-valley', 'text-anchor': 'middle' }, area);
  valley.textContent = '谷底';

  const start = handle(area, {
    label: '起点', x: 0, y: 0, step: 0.1,
    toPixel: (x, y) => [view.x(x), view.y(y)],
    fromPixel: (px, py) => view.at(px, py),
    onMove: (x, y) => {
      const [cx, cy] = ground.centre;
      const far = 0.95 * ground.reach;
      options.onMove(Math.max(cx - far, Math.min(cx + far, x)), Math.max(cy - far, Math.min(cy + far, y)));
    },
    onStart: options.onStart,
    onEnd: options.onEnd,
  });

  /** 起点处的梯度：二次曲面的梯度是一次函数，别的在表里查。 @param {number} x @param {number} y @returns {Pair} */
  function gradient(x, y) {
    if (ground.matrix) {
      const [a, b, c, d] = ground.matrix.data;
      return [a * x + b * y + ground.vector.data[0], c * x + d * y + ground.vector.data[1]];
    }
    const [u, v] = place(x, y);
    return [ground.slope(u, v, 0), ground.slope(u, v, 1)];
  }

  /** @param {number} x @param {number} y @returns {Pair} */
  const place = (x, y) => [
    (x - ground.centre[0] + ground.reach) / (2 * ground.reach),
    (y - ground.centre[1] + ground.reach) / (2 * ground.reach),
  ];

  /** 起点上的两个方向；返回夹角（度），没有方向就是 null。 @param {number} x @param {number} y */
  function point(x, y) {
    start.move(x, y);
    const [gx, gy] = gradient(x, y);
    const minima = ground.minima.data;
    let [tx, ty] = [minima[0] - x, minima[1] - y];
    for (let i = 2; i < minima.length; i += 2) {
      const [ox, oy] = [minima[i] - x, minima[i + 1] - y];
      if (ox * ox + oy * oy < tx * tx + ty * ty) [tx, ty] = [ox, oy];
    }
    const slope = Math.sqrt(gx * gx + gy * gy);
    const far = Math.sqrt(tx * tx + ty * ty);
    const [px, py] = [view.x(x), view.y(y)];
    const none = slope < FLAT || far < FLAT;
    toward.setAttribute('d', far < FLAT ? '' : linePath([px, py, view.x(x + tx), view.y(y + ty)]));
    for (const node of [arc, down, tip, degrees]) node.setAttribute('visibility', none ? 'hidden' : 'visible');
    if (none) return null;
    // 像素里的单位方向：竖轴朝下。
    const d = /** @type {Pair} */ ([-gx / slope, gy / slope]);
    const t = /** @type {Pair} */ ([tx / far, -ty / far]);
    const length = Math.max(54, Math.min(86, 0.17 * view.width));
    const end = [px + length * d[0], py + length * d[1]];
    down.setAttribute('d', linePath([px + 12 * d[0], py + 12 * d[1], end[0] - 8 * d[0], end[1] - 8 * d[1]]));
    tip.setAttribute('d', linePath([
      end[0] + 3 * d[0], end[1] + 3 * d[1],
      end[0] - 10 * d[0] - 6 * d[1], end[1] - 10 * d[1] + 6 * d[0],
      end[0] - 10 * d[0] + 6 * d[1], end[1] - 10 * d[1] - 6 * d[0],
    ], true));
    const angle = between(d, t);
    const r = Math.min(34, 0.7 * far * view.scale);
    const turn = d[0] * t[1] - d[1] * t[0] > 0 ? 1 : 0;
    arc.setAttribute('d', `M${px + r * d[0]} ${py + r * d[1]}A${r} ${r} 0 0 ${turn} ${px + r * t[0]} ${py + r * t[1]}`);
    let [mx, my] = [d[0] + t[0], d[1] + t[1]];
    const size = Math.sqrt(mx * mx + my * my);
    // 两个方向几乎一样，就写在旁边。
    if (angle < 24 || size < 0.1) [mx, my] = turn ? [d[1], -d[0]] : [-d[1], d[0]];
    else [mx, my] = [mx / size, my / size];
    const away = angle < 24 ? 26 : r + 20;
    degrees.setAttribute('x', String(Math.max(22, Math.min(view.width - 22, px + away * mx))));
    degrees.setAttribute('y', String(Math.max(18, Math.min(view.height - 24, py + away * my + 5))));
    degrees.textContent = `${number(angle, angle < 10 ? 1 : angle < 100 ? 2 : 3)}°`;
    return angle;
  }

  /** 两个单位向量的夹角：半角的正弦查表。 @param {Pair} a @param {Pair} b */
  function between(a, b) {
    const cosine = a[0] * b[0] + a[1] * b[1];
    const wide = cosine < 0;
    const half = Math.sqrt(Math.max(0, (1 - Math.abs(cosine)) / 2));
    return wide ? 180 - ground.angle(half) : ground.angle(half);
  }

  /**
   * @param {Float32Array} paths 每位选手 (steps + 1) 个点 @param {number} steps @param {number} at 走到第几步（可以是小数）
   * @param {boolean[]} shown @param {number} focus 突出谁，−1 是谁也不
   */
  function run(paths, steps, at, shown, focus) {
    const whole = Math.floor(at);
    for (let k = 0; k <= ME; k += 1) {
      const node = trails[k];
      node.setAttribute('visibility', shown[k] ? 'visible' : 'hidden');
      heads[k].setAttribute('visibility', shown[k] ? 'visible' : 'hidden');
      if (!shown[k]) continue;
      const base = 2 * k * (steps + 1);
      const pixels = [];
      for (let i = 0; i <= whole; i += 1) pixels.push(view.x(paths[base + 2 * i]), view.y(paths[base + 2 * i + 1]));
      if (at > whole) {
        const f = at - whole;
        const i = base + 2 * whole;
        pixels.push(view.x(paths[i] + f * (paths[i + 2] - paths[i])), view.y(paths[i + 1] + f * (paths[i + 3] - paths[i + 1])));
      }
      node.setAttribute('d', linePath(pixels));
      const [hx, hy] = pixels.slice(-2);
      heads[k].setAttribute('transform', `translate(${hx.toFixed(1)} ${hy.toFixed(1)})`);
      for (const part of [node, heads[k]]) {
        part.classList.toggle('is-pale', focus >= 0 && focus !== k);
        part.classList.toggle('is-focus', focus === k);
      }
    }
  }

  /** @param {any} next @param {any} tables */
  function take(next, tables) {
    ground = {
      ...next,
      angle: lookup(tables),
      slope: next.slopes && bilinear(next.slopes.data, next.size, 2),
    };
  }

  /** 地形换了、窗口变了、主题变了，才重画等高线。 @param {number} side @param {Record<string, string>} colors */
  function backdrop(side, colors) {
    const key = [ground.name, side, colors.card, ground.roots.data[0]].join();
    if (key === drawn) return;
    drawn = key;
    view = plane(side, side, ground.reach, ground.centre);
    area.setAttribute('width', String(side));
    area.setAttribute('height', String(side));
    paper.update(view);
    const brush = fit(canvas, side, side);
    const levels = Array.from({ length: LEVELS }, (_, i) => ((i + 0.6) / LEVELS) * 32767);
    relief(brush, view, {
      values: ground.roots.data, size: ground.size, centre: ground.centre, reach: ground.reach, levels,
      ink: colors.ink, line: colors.rule, strength: 0.008, // 最深的地方，最淡的线也有 3 : 1
    });
    let path = '';
    for (const ring of ground.rings) {
      path += linePath(Array.from(ring.data, (/** @type {number} */ v, /** @type {number} */ i) => (i % 2 ? view.y(v) : view.x(v))), true);
    }
    finish.setAttribute('d', path);
    const [mx, my] = ground.minima.data;
    const lowest = Math.max(...Array.from(ground.rings[0].data, (/** @type {number} */ v, /** @type {number} */ i) => (i % 2 ? view.y(v) : 0)));
    valley.setAttribute('x', view.x(mx).toFixed(1));
    valley.setAttribute('y', Math.min(side - 22, Math.max(view.y(my) + 22, lowest + 17)).toFixed(1));
  }

  return { element: box, start, point, run, take, backdrop, destroy: () => start.destroy() };
}
