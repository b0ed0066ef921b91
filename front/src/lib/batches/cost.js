// @ts-check
/** 下面：损失对看过的样本数。从前的几趟留着比，线头写着每批几个。 */
import { linePath, svg } from '../axes.js';
import { put } from '../put.js';
import { sheet, ten } from '../smallplot.js';

const OLD = 5;
const APART = 15; // 两个线头的字至少隔这么多像素

export function cost() {
  const part = sheet('损失随看过的样本数怎么降', '看过的样本');
  const { frame } = part;
  const round = svg('path', { class: 'bt-round' }, part.lines);
  const roundName = svg('text', { class: 'bt-round-name' }, part.lines);
  roundName.textContent = '看完一轮';
  const lines = Array.from({ length: OLD + 1 }, () => svg('path', {}, part.lines));
  const dots = Array.from({ length: OLD + 1 }, () => svg('circle', { r: 4 }, part.lines));
  const labels = Array.from({ length: OLD + 1 }, () => svg('text', {}, part.lines));

  /** @param {number} width @param {number} height @param {any} scene */
  function resize(width, height, scene) {
    const [top, low, high] = scene.axes;
    const across = /** @type {[number, string][]} */ ([]);
    const up = /** @type {[number, string][]} */ ([]);
    for (let p = 0; p < top - 1; p += 1) across.push([p / top, ten(p)]);
    for (let p = low; p <= high; p += 2) up.push([(p - low) / (high - low), ten(p)]);
    part.update(width, height, across, up);
    const x = frame.x(scene.round);
    round.setAttribute('d', `M${x.toFixed(1)} ${frame.y(1)}V${frame.y(0)}`);
    roundName.setAttribute('x', (x + 6).toFixed(1));
    roundName.setAttribute('y', String(frame.y(1) + 11)); // 上面总是空的，下面有线头的字
  }

  /** @param {any} scene @param {boolean} fresh */
  function draw(scene, fresh) {
    const all = [...scene.earlier.slice(0, OLD), scene.now];
    /** @type {{k: number, x: number, y: number}[]} */
    const ends = [];
    for (let k = 0; k <= OLD; k += 1) {
      const curve = fresh ? all[k] : undefined;
      const now = k === all.length - 1;
      const shown = curve && (!now || scene.updates > 0);
      for (const node of [lines[k], dots[k], labels[k]]) put(node, 'visibility', shown ? 'visible' : 'hidden');
      if (!curve || !shown) continue;
      const [u, v] = [curve.across.data, curve.up.data];
      const pixels = [];
      // 第一个点是还没看样本的时候，按对数的横轴上没有它的位置。
      for (let i = 1; i < u.length; i += 1) pixels.push(frame.x(u[i]), frame.y(v[i]));
      put(lines[k], 'd', linePath(pixels));
      put(lines[k], 'class', `bt-curve bt-s${curve.size}${now ? ' is-now' : ''}`);
      const [x, y] = pixels.slice(-2);
      put(dots[k], 'cx', x.toFixed(1));
      put(dots[k], 'cy', y.toFixed(1));
      put(dots[k], 'class', `bt-end bt-s${curve.size}`);
      const twin = all.some((one) => one.rate !== curve.rate);
      labels[k].textContent = twin ? `${curve.label}，学习率 ${curve.rate}` : curve.label;
      put(labels[k], 'class', `bt-label bt-s${curve.size}${now ? ' is-now' : ''}`);
      // 同样的走法正在再走一趟：只在新的线头上写名字。
      if (!now && scene.updates > 0 && curve.label === scene.now.label && curve.rate === scene.now.rate) put(labels[k], 'visibility', 'hidden');
      else ends.push({ k, x, y });
    }
    place(ends);
  }

  /** 线头的字上下错开，靠右边的写到左边去。 @param {{k: number, x: number, y: number}[]} ends */
  function place(ends) {
    ends.sort((a, b) => a.y - b.y);
    let last = -Infinity;
    for (const { k, x, y } of ends) {
      const left = x > frame.width - 96;
      const at = Math.max(left ? y - 8 : y + 4, last + APART, 14);
      last = at;
      put(labels[k], 'x', (left ? x - 9 : x + 9).toFixed(1));
      put(labels[k], 'y', Math.min(at, frame.y(0) - 2).toFixed(1));
      put(labels[k], 'text-anchor', left ? 'end' : 'start');
    }
  }

  return { element: part.area, resize, draw };
}
