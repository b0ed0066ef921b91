// @ts-check
/** 拆矩阵的那张纸：方格、圆、小猫、两个箭头，和拉得最多、最少的两个方向。 */
import { axes, lattice, linePath, plane, svg } from '../axes.js';
import { boxAt, firstClear } from '../clear.js';
import { figure } from '../figure.js';
import { size } from './told.js';

const REACH = 2.3;
const SHEET = 1.2;
const DEPTH = 0.2; // 翻面时的透视：离眼睛近的一边大一些

/**
 * @typedef {object} State
 * @property {any} data 场景
 * @property {any} split 现在的矩阵拆开的样子；刚拖过、Python 还没答时是 null
 * @property {number[]} matrix
 * @property {number} at 走到哪里，0 到 3
 * @property {number[]} shown 画着的 3×2 矩阵：前两行在纸面里，第三行是离开纸面的高度
 * @property {boolean} dragging
 */

export function picture() {
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
  const lines = lattice(SHEET, 0.2, 2);
  const border = [-SHEET, -SHEET, SHEET, -SHEET, SHEET, SHEET, -SHEET, SHEET];
  let view = plane(320, 320, REACH);

  /** @param {ArrayLike<number>} points @param {number[]} by @returns {Float64Array} */
  function pixels(points, [a, b, c, d, e, f]) {
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      const near = 1 / (1 - DEPTH * (e * x + f * y));
      out[i] = view.x(near * (a * x + b * y));
      out[i + 1] = view.y(near * (c * x + d * y));
    }
    return out;
  }

  /** @param {State} now */
  function draw(now) {
    const { data, shown } = now;
    const [a, b, c, d] = shown;
    let [fine, major] = ['', ''];
    for (const line of lines) {
      const path = linePath(pixels(line.points, shown));
      if (line.major) major += path;
      else fine += path;
    }
    grid.setAttribute('d', fine);
    gridMajor.setAttribute('d', major);
    paper.setAttribute('d', linePath(pixels(border, shown), true));
    paper.classList.toggle('is-back', a * d - b * c < 0);
    cat.update(pixels(cat.points, shown));
    circle.setAttribute('d', linePath(pixels(data.circle, shown), true));
    before.setAttribute('d', linePath(pixels(data.circle, [1, 0, 0, 1, 0, 0]), true));
    arrows.setAttribute('d', linePath(pixels([0, 0, 1, 0], shown)) + linePath(pixels([0, 0, 0, 1], shown)));
    drawCross(now);
    const free = now.at === 3;
    ['i', 'j'].forEach((_, k) => {
      const [px, py] = pixels(k ? [0, 1] : [1, 0], shown);
      place(tips[k], !free, px + 12, py - 10);
      tipDots[k].setAttribute('cx', px.toFixed(1));
      tipDots[k].setAttribute('cy', py.toFixed(1));
      tipDots[k].setAttribute('visibility', free ? 'hidden' : 'visible');
    });
  }

  /** 十字：拉得最多和最少的两个方向，它们始终互相垂直；旁边写着现在各多长。 @param {State} now */
  function drawCross(now) {
    const { split, shown, dragging } = now;
    const shownNow = Boolean(split) && !dragging;
    cross.setAttribute('visibility', shownNow ? 'visible' : 'hidden');
    let path = '';
    const taken = marks(now);
    for (const k of [0, 1]) {
      const label = lengths[k];
      if (!split) {
        place(label, false, 0, 0);
        continue;
      }
      const [x, y] = [split.directions.data[2 * k], split.directions.data[2 * k + 1]];
      const ends = pixels([-x, -y, x, y], shown);
      path += linePath(ends);
      const [p, q] = [shown[0] * x + shown[1] * y, shown[2] * x + shown[3] * y];
      const length = Math.sqrt(p * p + q * q);
      label.textContent = size(length);
      const half = 4.5 * label.textContent.length;
      // 写在线的外端再往外一点；那里有字就写到另一头去，原来在哪一头就先看哪一头。
      const spots = (sides[k] ? [0, 2, 0, 2] : [2, 0, 2, 0]).map((end, i) => outside(ends[end], ends[end + 1], half, i < 2 ? 0 : 18, end));
      const spot = firstClear(spots, taken);
      sides[k] = spot.end === 0;
      taken.push(spot.box);
      place(label, shownNow, spot.x, spot.y + 5);
    }
    cross.setAttribute('d', path);
  }

  /** 从中心往 (px, py) 的方向出去一点，放得下半宽 ``half`` 的字的地方。 @param {number} px @param {number} py @param {number} half @param {number} more @param {number} end */
  function outside(px, py, half, more, end) {
    const [dx, dy] = [px - view.x(0), py - view.y(0)];
    const far = Math.max(1, Math.sqrt(dx * dx + dy * dy));
    const x = Math.max(half + 4, Math.min(view.width - half - 4, px + ((24 + more) * dx) / far));
    const y = Math.max(12, Math.min(view.height - 12, py + ((18 + more) * dy) / far));
    return { x, y, end, box: boxAt(x, y, half, 8) };
  }

  /** 箭头尖上的点、环和字，占着的地方。 @param {State} now */
  function marks({ at, matrix, shown }) {
    const free = at === 3;
    const ends = free ? [[matrix[0], matrix[2]], [matrix[1], matrix[3]]].map(([x, y]) => [view.x(x), view.y(y)])
      : [pixels([1, 0], shown), pixels([0, 1], shown)];
    return ends.flatMap(([px, py]) => [boxAt(px, py, free ? 11 : 5, free ? 11 : 5), boxAt(px + 17, py - 17, 8, 11)]);
  }

  return {
    svg: area,
    draw,
    view: () => view,
    /** @param {number} side */
    resize(side) {
      view = plane(side, side, REACH);
      area.setAttribute('width', String(side));
      area.setAttribute('height', String(side));
      paperAxes.update(view);
    },
  };
}

/** @param {SVGElement} text @param {boolean} visible @param {number} x @param {number} y */
function place(text, visible, x, y) {
  text.setAttribute('visibility', visible ? 'visible' : 'hidden');
  text.setAttribute('x', x.toFixed(1));
  text.setAttribute('y', y.toFixed(1));
}
