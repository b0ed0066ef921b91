// @ts-check
/**
 * 骑在平面上的小猫：左眼睁右眼闭，一只耳朵折着，右手边插一面旗。它左右不一样，
 * 所以翻面、剪切、压扁，一眼就看得出来。画成一串折线，怎么变换都由调用者说了算。
 */

import { linePath, svg } from './axes.js';

/** 一段三次贝塞尔曲线分成几小段：要够密，弯起来才圆。 */
const PIECES = 6;

/**
 * 起点，然后每六个数一段曲线（两个控制点和终点），每两个数一段直线。
 * @typedef {{look: string, closed: boolean, start: [number, number], parts: number[][]}} Stroke
 */

/** 用四段曲线画一个椭圆；0.5523 是四分之一圆的标准近似。 @returns {Stroke} */
function oval(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ a, /** @type {number} */ b, look = 'skin') {
  const [p, q] = [0.5523 * a, 0.5523 * b];
  return {
    look,
    closed: true,
    start: [x + a, y],
    parts: [
      [x + a, y + q, x + p, y + b, x, y + b],
      [x - p, y + b, x - a, y + q, x - a, y],
      [x - a, y - q, x - p, y - b, x, y - b],
      [x + p, y - b, x + a, y - q, x + a, y],
    ],
  };
}

/** @type {Stroke[]} */
const STROKES = [
  // 旗杆和旗
  { look: 'line', closed: false, start: [0.72, -0.95], parts: [[0.72, 0.98]] },
  { look: 'flag', closed: true, start: [0.72, 0.98], parts: [[0.95, 1.02, 1.05, 0.86, 1.28, 0.88], [1.12, 0.62], [1.0, 0.58, 0.9, 0.52, 0.72, 0.46]] },
  // 左耳竖着
  { look: 'skin', closed: true, start: [-0.78, 0.05], parts: [[-0.86, 0.4, -0.86, 0.7, -0.74, 0.86], [-0.56, 0.78, -0.38, 0.62, -0.24, 0.42]] },
  // 右耳折了一半
  { look: 'skin', closed: true, start: [0.02, 0.44], parts: [[0.18, 0.62, 0.32, 0.74, 0.5, 0.7], [0.6, 0.6, 0.62, 0.44, 0.66, 0.3], [0.6, 0.1]] },
  oval(-0.12, -0.14, 0.74, 0.64),
  { look: 'line', closed: false, start: [0.36, 0.68], parts: [[0.38, 0.54, 0.42, 0.46, 0.54, 0.4]] },
  // 左眼睁，右眼眨
  oval(-0.4, 0.02, 0.085, 0.13, 'ink'),
  { look: 'line', closed: false, start: [0.04, 0.0], parts: [[0.1, 0.12, 0.26, 0.12, 0.32, 0.0]] },
  // 鼻子和歪着的嘴
  { look: 'ink', closed: true, start: [-0.2, -0.17], parts: [[-0.03, -0.17], [-0.115, -0.27]] },
  { look: 'line', closed: false, start: [-0.115, -0.27], parts: [[-0.115, -0.4, -0.26, -0.46, -0.34, -0.38]] },
  { look: 'line', closed: false, start: [-0.115, -0.27], parts: [[-0.1, -0.46, 0.14, -0.48, 0.22, -0.28]] },
  // 胡须
  { look: 'line', closed: false, start: [-0.62, -0.18], parts: [[-1.02, -0.1]] },
  { look: 'line', closed: false, start: [-0.62, -0.3], parts: [[-1.0, -0.38]] },
  { look: 'line', closed: false, start: [0.38, -0.18], parts: [[0.6, -0.12]] },
  { look: 'line', closed: false, start: [0.37, -0.3], parts: [[0.58, -0.34]] },
];

/** @param {Stroke} stroke @returns {number[]} x, y, x, y … */
function flatten(stroke) {
  const points = [...stroke.start];
  for (const part of stroke.parts) {
    const n = points.length;
    const [x0, y0] = [points[n - 2], points[n - 1]];
    for (let i = 1; i <= PIECES; i += 1) {
      const t = i / PIECES;
      const s = 1 - t;
      if (part.length === 2) {
        points.push(s * x0 + t * part[0], s * y0 + t * part[1]);
        continue;
      }
      const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
      points.push(a * x0 + b * part[0] + c * part[2] + d * part[4]);
      points.push(a * y0 + b * part[1] + c * part[3] + d * part[5]);
    }
  }
  return points;
}

/**
 * 把小猫画进 ``parent``。
 * @param {Element} parent
 * @param {{centre: [number, number], size: number}} place 在平面上的位置和半径（坐标）
 * @returns {{node: SVGElement, points: Float64Array, update: (pixels: ArrayLike<number>) => void}}
 *   points 是它全部顶点的坐标（x, y, x, y …）；把它们变换成像素，原样交给 update
 */
export function figure(parent, { centre, size }) {
  const node = svg('g', { class: 'figure', 'aria-hidden': 'true' }, parent);
  /** @type {{path: SVGElement, from: number, to: number, closed: boolean}[]} */
  const drawn = [];
  /** @type {number[]} */
  const all = [];
  for (const stroke of STROKES) {
    const path = svg('path', { class: `figure-${stroke.look}` }, node);
    const from = all.length;
    const flat = flatten(stroke);
    for (let i = 0; i < flat.length; i += 2) {
      all.push(centre[0] + size * flat[i], centre[1] + size * flat[i + 1]);
    }
    drawn.push({ path, from, to: all.length, closed: stroke.closed });
  }
  const points = Float64Array.from(all);
  return {
    node,
    points,
    update(pixels) {
      const list = Array.from(pixels);
      for (const { path, from, to, closed } of drawn) {
        path.setAttribute('d', linePath(list.slice(from, to), closed));
      }
    },
  };
}
