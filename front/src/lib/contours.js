// @ts-check
/** 一块地形：Python 给的高度表画成等高线，拖动时在表里查高度和梯度。 */
import { contours } from 'd3-contour';

/** @typedef {import('./axes.js').Plane} Plane */

/**
 * 等距网格上的表 → 双线性插值。每格 ``parts`` 个数。
 * @param {ArrayLike<number>} values 按行排，第一行是最下面的一行 @param {number} size @param {number} [parts]
 * @returns {(u: number, v: number, part?: number) => number} u、v 从 0 到 1
 */
export function bilinear(values, size, parts = 1) {
  return (u, v, part = 0) => {
    const x = Math.max(0, Math.min(1, u)) * (size - 1);
    const y = Math.max(0, Math.min(1, v)) * (size - 1);
    const [i, j] = [Math.min(size - 2, Math.floor(x)), Math.min(size - 2, Math.floor(y))];
    const [s, t] = [x - i, y - j];
    const at = (/** @type {number} */ di, /** @type {number} */ dj) => values[((j + dj) * size + i + di) * parts + part];
    return (1 - t) * ((1 - s) * at(0, 0) + s * at(1, 0)) + t * ((1 - s) * at(0, 1) + s * at(1, 1));
  };
}

/**
 * 把高度表画成一层比一层深的等高线，铺满画布。
 * @param {CanvasRenderingContext2D} brush 单位是像素 @param {Plane} view
 * @param {{values: ArrayLike<number>, size: number, centre: number[], reach: number, levels: number[],
 *   ink: string, line: string, strength?: number}} look
 */
export function relief(brush, view, look) {
  const { size, centre, reach } = look;
  const step = (2 * reach) / (size - 1);
  const px = (/** @type {number} */ g) => view.x(centre[0] - reach + (g - 0.5) * step);
  const py = (/** @type {number} */ g) => view.y(centre[1] - reach + (g - 0.5) * step);
  const shapes = contours().size([size, size]).thresholds(look.levels)(Array.from(look.values));
  brush.lineWidth = 1;
  for (const shape of shapes) {
    const path = new Path2D();
    for (const polygon of shape.coordinates) {
      for (const line of polygon) {
        line.forEach(([x, y], i) => (i ? path.lineTo(px(x), py(y)) : path.moveTo(px(x), py(y))));
        path.closePath();
      }
    }
    brush.globalAlpha = look.strength ?? 0.035;
    brush.fillStyle = look.ink;
    brush.fill(path, 'evenodd');
    brush.globalAlpha = 1;
    brush.strokeStyle = look.line;
    brush.stroke(path);
  }
}
