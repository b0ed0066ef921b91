// @ts-check
/** 爻：第 k 种结果写成几条线，整的是 0，断的是 1，最底下一条先分。 */

/**
 * @param {number} which @param {number} lines @param {number} x 中间 @param {number} y 最上面一条 @param {number} [width]
 */
export function guaPath(which, lines, x, y, width = 22) {
  let path = '';
  for (let k = 0; k < lines; k += 1) {
    const at = y + 6 * (lines - 1 - k);
    const broken = (which >> (lines - 1 - k)) & 1;
    const gap = broken ? width * 0.18 : 0;
    path += broken
      ? `M${x - width / 2} ${at}H${x - gap}M${x + gap} ${at}H${x + width / 2}`
      : `M${x - width / 2} ${at}H${x + width / 2}`;
  }
  return path;
}
