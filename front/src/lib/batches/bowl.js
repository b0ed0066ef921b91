// @ts-check
/** 右边：损失在（斜率，截距）上的碗。每个样本自己的谷底是一条直线，路线在碗里走。 */
import { axes, linePath, number, plane, svg } from '../axes.js';
import { fit } from '../canvas.js';
import { handle } from '../drag.js';
import { put } from '../put.js';
import { sampleName } from './scatter.js';

const LEVELS = [0.1, 0.25, 0.5, 0.8, 1.15, 1.55, 2, 2.5, 3.05, 3.65, 4.3, 5];
const EVERY = 8; // 每几个样本画一条它自己的谷底
const OLD = 5;

/** 一次函数在一点的值：矩阵四个数，向量两个。 @param {ArrayLike<number>} map @param {number} from @param {number[]} at */
export function gradient(map, from, at) {
  return [
    map[from] * at[0] + map[from + 1] * at[1] + map[from + 4],
    map[from + 2] * at[0] + map[from + 3] * at[1] + map[from + 5],
  ];
}

/** @param {{onMove: (slope: number, intercept: number) => void, onStart: () => void, onEnd: () => void}} options */
export function bowl(options) {
  const box = document.createElement('div');
  box.className = 'bt-box';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const area = /** @type {SVGSVGElement} */ (svg('svg', { role: 'group', 'aria-label': '损失曲面，横着是斜率，竖着是截距' }));
  box.append(canvas, area);
  let view = plane(320, 320, 2.6);
  const paper = axes(area, { grid: 0, labels: 4 });
  const names = svg('g', { class: 'axes-text' }, area);
  const own = [0, 1, 2].map((k) => svg('path', { class: `bt-own bt-few-${k}` }, area));
  const ownMany = svg('path', { class: 'bt-own-many' }, area);
  const cloud = [2, 1].map((k) => svg('path', { class: `bt-haze bt-haze-${k}` }, area));
  const old = Array.from({ length: OLD }, () => svg('path', { class: 'bt-old' }, area));
  const trail = svg('path', { class: 'bt-trail' }, area);
  const lowest = svg('path', { class: 'bt-lowest' }, area);
  const dot = svg('circle', { class: 'bt-dot', r: 5 }, area);
  let key = '';

  const start = handle(area, {
    label: '起点：斜率和截距', x: 0, y: 0, step: 0.1,
    toPixel: (x, y) => [view.x(x), view.y(y)],
    fromPixel: (px, py) => view.at(px, py),
    valueText: (x, y) => `斜率 ${number(x)}，截距 ${number(y)}`,
    onMove: options.onMove,
    onStart: options.onStart,
    onEnd: options.onEnd,
  });
  // 箭头画在环的上面，短的也看得见；手指仍然够得着环。
  const each = [0, 1, 2].map((k) => svg('path', { class: `bt-each bt-few-${k}` }, area));
  const eachMany = svg('path', { class: 'bt-each-many' }, area);
  const ownNames = [0, 1, 2].map((k) => svg('text', { class: `bt-name bt-few-${k}` }, area));
  const bottom = svg('text', { class: 'bt-formula is-small' }, area);
  bottom.textContent = '谷底';
  const mean = svg('path', { class: 'bt-mean' }, area);
  const tip = svg('path', { class: 'bt-tip' }, area);

  /** @param {number} side @param {any} scene @param {Record<string, string>} colors */
  function backdrop(side, scene, colors) {
    const wanted = [side, colors.card].join();
    if (wanted === key) return;
    key = wanted;
    view = plane(side, side, scene.reach, scene.centre);
    area.setAttribute('width', String(side));
    area.setAttribute('height', String(side));
    paper.update(view);
    names.replaceChildren();
    svg('text', { x: side - 8, y: side - 7, 'text-anchor': 'end' }, names).textContent = '斜率';
    svg('text', { x: 7, y: 16 }, names).textContent = '截距';
    const brush = fit(canvas, side, side);
    const [cx, cy] = scene.lowest.data;
    const round = scene.ellipse.data;
    brush.fillStyle = colors.ink;
    brush.globalAlpha = 0.17;
    brush.fillRect(0, 0, side, side);
    for (const level of [...LEVELS].reverse()) {
      brush.beginPath();
      for (let i = 0; i < round.length; i += 2) brush.lineTo(view.x(cx + level * round[i]), view.y(cy + level * round[i + 1]));
      brush.closePath();
      brush.fillStyle = colors.card;
      brush.globalAlpha = 0.17;
      brush.fill();
      brush.globalAlpha = 1;
      brush.strokeStyle = colors.rule;
      brush.lineWidth = 1;
      brush.stroke();
    }
    // 每个样本自己的谷底：过了这条线，它的误差就是零。
    brush.beginPath();
    const [x, y] = [scene.x.data, scene.y.data];
    for (let i = 0; i < x.length; i += EVERY) {
      brush.moveTo(view.x(view.left), view.y(y[i] - x[i] * view.left));
      brush.lineTo(view.x(view.right), view.y(y[i] - x[i] * view.right));
    }
    brush.strokeStyle = colors['ink-faint'];
    brush.globalAlpha = 0.15;
    brush.stroke();
    brush.globalAlpha = 1;
    bottom.setAttribute('x', (view.x(cx) + 9).toFixed(1));
    bottom.setAttribute('y', (view.y(cy) - 6).toFixed(1));
    lowest.setAttribute('d', `M${view.x(cx) - 6} ${view.y(cy)}h12M${view.x(cx)} ${view.y(cy) - 6}v12`);
  }

  /** 压成整数的路线 → 路径。 @param {any} curve @param {any} scene */
  function route(curve, scene) {
    const pixels = [];
    const path = curve.path.data;
    const size = scene.far / 32767;
    for (let i = 0; i < path.length; i += 2) pixels.push(view.x(scene.centre[0] + size * path[i]), view.y(scene.centre[1] + size * path[i + 1]));
    return linePath(pixels);
  }

  /** 箭身和箭头。 @param {number[]} from @param {number[]} to 像素 @param {number} size @returns {[string, string]} */
  function arrow(from, to, size) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const far = Math.sqrt(dx * dx + dy * dy);
    if (far < 1) return ['', ''];
    const [ux, uy] = [dx / far, dy / far];
    const s = Math.min(size, 0.8 * far);
    const neck = [to[0] - s * ux, to[1] - s * uy];
    return [
      linePath([from[0], from[1], neck[0], neck[1]]),
      linePath([to[0], to[1], neck[0] - 0.55 * s * uy, neck[1] + 0.55 * s * ux, neck[0] + 0.55 * s * uy, neck[1] - 0.55 * s * ux], true),
    ];
  }

  /** 「它的谷底」写在线上，离现在的位置、别的名字和别的线都远的地方。 @param {any} scene @param {number} count @param {number[]} at */
  function nameValleys(scene, count, at) {
    /** @type {number[][]} */
    const taken = [[view.x(at[0]), view.y(at[1])], [view.width / 2, view.height / 2]];
    const others = Array.from(scene.next.which.data).slice(0, count);
    ownNames.forEach((node, k) => {
      put(node, 'visibility', k < count ? 'visible' : 'hidden');
      if (k >= count) return;
      const i = scene.next.which.data[k];
      /** @type {number[]} */
      let best = [];
      let most = -1;
      for (let t = 0.06; t < 0.95; t += 0.04) {
        const a = view.left + t * (view.right - view.left);
        const spot = [view.x(a), view.y(scene.y.data[i] - scene.x.data[i] * a)];
        if (spot[1] < 34 || spot[1] > view.height - 34 || spot[0] < 50 || spot[0] > view.width - 50) continue;
        const room = Math.min(
          ...taken.map(([x, y]) => Math.abs(x - spot[0]) + 2 * Math.abs(y - spot[1])),
          ...others.filter((o) => o !== i).map((o) => 3 * Math.abs(view.y(scene.y.data[o] - scene.x.data[o] * a) - spot[1])),
        );
        if (room > most) [most, best] = [room, spot];
      }
      put(node, 'visibility', best.length ? 'visible' : 'hidden');
      if (!best.length) return;
      taken.push(best);
      node.textContent = count > 1 ? `${sampleName(k, count)}的谷底` : '它的谷底';
      put(node, 'text-anchor', 'middle');
      put(node, 'x', best[0].toFixed(1));
      put(node, 'y', (best[1] - 7).toFixed(1));
    });
  }

  /** @param {any} scene @param {number[]} from @param {number[]} at @param {boolean} fresh Python 已经答过：路线和雾都还对 */
  function draw(scene, from, at, fresh) {
    start.move(from[0], from[1]);
    const here = [view.x(at[0]), view.y(at[1])];
    put(dot, 'cx', here[0].toFixed(1));
    put(dot, 'cy', here[1].toFixed(1));
    put(dot, 'visibility', scene.updates && fresh ? 'visible' : 'hidden');
    put(trail, 'd', fresh ? route(scene.now, scene) : '');
    put(trail, 'class', `bt-trail bt-s${scene.now.size}`);
    old.forEach((node, k) => {
      const curve = fresh && scene.earlier[k];
      put(node, 'd', curve ? route(curve, scene) : '');
      if (curve) put(node, 'class', `bt-old bt-s${curve.size}`);
    });
    const { next, rate } = scene;
    const ends = (/** @type {number[]} */ g) => [view.x(at[0] - rate * g[0]), view.y(at[1] - rate * g[1])];
    const count = next.which.data.length;
    const few = count <= 3;
    const whole = scene.batch > count;
    let many = '';
    let lines = '';
    for (let k = 0; k < (few ? 3 : count); k += 1) {
      const i = next.which.data[k];
      const shown = k < count && !whole;
      const [body, head] = shown ? arrow(here, ends(gradient(next.maps.data, 6 * k, at)), few ? 9 : 6) : ['', ''];
      const line = shown ? linePath([
        view.x(view.left), view.y(scene.y.data[i] - scene.x.data[i] * view.left),
        view.x(view.right), view.y(scene.y.data[i] - scene.x.data[i] * view.right),
      ]) : '';
      if (few) {
        put(each[k], 'd', scene.batch > 1 ? body + head : '');
        put(own[k], 'd', line);
      } else {
        many += body;
        lines += line;
      }
    }
    if (!few) for (const node of [...each, ...own]) put(node, 'd', '');
    nameValleys(scene, few && !whole ? count : 0, at);
    put(eachMany, 'd', many);
    put(ownMany, 'd', lines);
    const [body, head] = arrow(here, ends(gradient(next.mean_map.data, 0, at)), 12);
    put(mean, 'd', body);
    put(tip, 'd', head);
    const centre = gradient(scene.full_map.data, 0, at);
    cloud.forEach((node, k) => {
      const pixels = [];
      const spread = next.haze.data;
      for (let i = 0; fresh && i < spread.length; i += 2) {
        pixels.push(
          view.x(at[0] - rate * centre[0] + (2 - k) * spread[i]),
          view.y(at[1] - rate * centre[1] + (2 - k) * spread[i + 1]),
        );
      }
      put(node, 'd', fresh ? linePath(pixels, true) : '');
    });
  }

  return { element: box, backdrop, draw, destroy: () => start.destroy() };
}
