// @ts-check
/** 查 Python 烘焙好的表。函数是什么，这里不知道也不用知道。 */

/**
 * 等距的表：第 i 个值在 low + i·step 处。有 slopes（各处的斜率）就用三次埃尔米特插值，
 * 没有就连直线；表外沿着两头的斜率直着走。
 * @typedef {{low: number, step: number, values: {data: ArrayLike<number>}, slopes: {data: ArrayLike<number>} | null}} Table
 */

/**
 * 表 → 函数。
 * @param {Table} table
 * @returns {(x: number) => number}
 */
export function lookup({ low, step, values: { data: values }, slopes: given }) {
  const slopes = given ? given.data : null;
  const last = values.length - 1;
  const end = slopes
    ? [slopes[0], slopes[last]]
    : [(values[1] - values[0]) / step, (values[last] - values[last - 1]) / step];
  return (x) => {
    const place = (x - low) / step;
    if (place <= 0) return values[0] + (x - low) * end[0];
    if (place >= last) return values[last] + (x - low - last * step) * end[1];
    const i = Math.floor(place);
    const t = place - i;
    if (!slopes) return values[i] + t * (values[i + 1] - values[i]);
    const s = 1 - t;
    return (
      s * s * (1 + 2 * t) * values[i] + t * t * (3 - 2 * t) * values[i + 1] +
      step * s * t * (s * slopes[i] - t * slopes[i + 1])
    );
  };
}

/**
 * 单调的表反着查：``f`` 在 [from, to] 上从大到小（或从小到大），找它等于 ``wanted`` 的地方。
 * @param {(x: number) => number} f @param {number} wanted @param {number} from @param {number} to
 */
export function invert(f, wanted, from, to) {
  const falling = f(from) > f(to);
  for (let i = 0; i < 50; i += 1) {
    const middle = (from + to) / 2;
    if (f(middle) > wanted === falling) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
