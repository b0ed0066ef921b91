// @ts-check
/** 给一个字找地方：不盖住别的字和圆点，并且整个留在画面里。 */

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

/** 以 (x, y) 为中心的一块。 @param {number} x @param {number} y @param {number} halfWidth @param {number} halfHeight @returns {Box} */
export function boxAt(x, y, halfWidth, halfHeight) {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

/** @param {Box} a @param {Box} b */
export function meet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * 第一个谁也不碰的候选；都碰就是第一个。
 * @template {{box: Box}} T
 * @param {T[]} candidates @param {Box[]} taken @returns {T}
 */
export function firstClear(candidates, taken) {
  return candidates.find(({ box }) => !taken.some((other) => meet(box, other))) ?? candidates[0];
}
