// @ts-check
/** 圆盘和环这两块区域：切成会跟着纸走的格子；和判断场里判成一种颜色的那一片。 */

const ROUND = 96; // 一圈分几格

/** 一整圈的方向：沿正方形走一圈再归一，疏密差一点不要紧。 @param {number} count */
function circle(count) {
  return Array.from({ length: count }, (_, i) => {
    const q = (i / count) * 4;
    const f = 2 * (q - Math.floor(q)) - 1;
    const [x, y] = [[1, f], [-f, 1], [-1, -f], [f, -1]][Math.floor(q) % 4];
    const size = Math.sqrt(x * x + y * y);
    return [x / size, y / size];
  });
}

/**
 * 圆盘和环切成的格子：格点，和每个格子的四个角、颜色、在不在边上（1 是内沿，2 是外沿）。
 * @param {number[]} radii 圆盘的半径，环的内外半径
 */
export function regions([inner, start, outer]) {
  const around = circle(ROUND);
  /** @type {number[]} */
  const points = [];
  /** @type {{corners: number[], label: number, edge: number}[]} */
  const cells = [];
  for (const [low, high, label, rings] of [[0, inner, 1, 6], [start, outer, 0, 8]]) {
    const first = points.length / 2;
    for (let k = 0; k <= rings; k += 1) {
      const r = low + ((high - low) * k) / rings;
      for (const [x, y] of around) points.push(r * x, r * y);
    }
    for (let k = 0; k < rings; k += 1) {
      for (let i = 0; i < ROUND; i += 1) {
        const j = (i + 1) % ROUND;
        const a = first + k * ROUND;
        const edge = (k === 0 && low > 0 ? 1 : 0) + (k === rings - 1 ? 2 : 0);
        cells.push({ corners: [a + i, a + j, a + ROUND + j, a + ROUND + i], label, edge });
      }
    }
  }
  return { points: Float64Array.from(points), cells };
}

/**
 * 判成蓝（或橙）的那一片：整格的横着连成条，过零的格子沿着分界切开。
 * @param {ArrayLike<number>} score count × count @param {number} count @param {number} reach
 * @param {boolean} blue @param {{x: number, y: number, scale: number}} frame
 */
export function judged(score, count, reach, blue, frame) {
  const path = new Path2D();
  const step = (2 * reach) / (count - 1);
  const px = (/** @type {number} */ c) => frame.x + (-reach + c * step) * frame.scale;
  const py = (/** @type {number} */ r) => frame.y - (-reach + r * step) * frame.scale;
  const inside = (/** @type {number} */ i) => score[i] > 0 === blue;
  for (let r = 0; r + 1 < count; r += 1) {
    let from = -1;
    for (let c = 0; c < count; c += 1) {
      const a = r * count + c;
      const last = c + 1 === count;
      const corners = last ? 0 : Number(inside(a)) + Number(inside(a + 1)) + Number(inside(a + count)) + Number(inside(a + count + 1));
      if (corners === 4) {
        if (from < 0) from = c;
        continue;
      }
      if (from >= 0) path.rect(px(from), py(r + 1), px(c) - px(from), py(r) - py(r + 1));
      from = -1;
      if (corners > 0) cut(path, score, count, r, c, blue, px, py);
    }
  }
  return path;
}

/**
 * 一个过零的格子里判成这种颜色的那一角。
 * @param {Path2D} path @param {ArrayLike<number>} score @param {number} count @param {number} r @param {number} c
 * @param {boolean} blue @param {(c: number) => number} px @param {(r: number) => number} py
 */
function cut(path, score, count, r, c, blue, px, py) {
  let begun = false;
  const add = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (begun) path.lineTo(px(c + x), py(r + y));
    else path.moveTo(px(c + x), py(r + y));
    begun = true;
  };
  const ring = [[0, 1], [1, 1], [1, 0], [0, 0]]; // 和 rect 一个转向，叠在一起时不相消
  for (let q = 0; q < 4; q += 1) {
    const [x, y] = ring[q];
    const [u, v] = ring[(q + 1) % 4];
    const a = score[(r + y) * count + c + x];
    const b = score[(r + v) * count + c + u];
    if (a > 0 === blue) add(x, y);
    if (a > 0 !== b > 0) {
      const f = a / (a - b);
      add(x + f * (u - x), y + f * (v - y));
    }
  }
}
