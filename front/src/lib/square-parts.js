// @ts-check
/**
 * 方块里着色的两块怎样拿出来：先保持面积，变成一样高、并排；再一起拉高，填满一个新的方块。
 *
 * @typedef {{x: number, y: number, w: number, h: number}} Piece 左、下、宽、高，都以方块的边长为 1
 * @typedef {{prior: number, likely: number, unlikely: number}} Three
 */

/** @param {Three} t */
export function areas({ prior, likely, unlikely }) {
  const yes = prior * likely;
  const no = (1 - prior) * unlikely;
  return { yes, no, sum: yes + no, posterior: yes / (yes + no) };
}

/**
 * ``lift`` 从 0 到 2 时两块在哪里。0 在原来的方块里；1 并排躺在新方块的底上，面积没变；
 * 2 一起拉高，填满新方块。
 * @param {Three} t @param {number} lift @param {[number, number]} home 原来的方块的左下角
 * @param {[number, number]} away 新方块的左下角
 * @returns {[Piece, Piece]}
 */
export function pieces(t, lift, home, away) {
  const { sum, posterior } = areas(t);
  const walk = Math.min(1, lift);
  const grow = Math.max(0, lift - 1);
  const starts = [
    { x: home[0], y: home[1], w: t.prior, h: t.likely },
    { x: home[0] + t.prior, y: home[1], w: 1 - t.prior, h: t.unlikely },
  ];
  const ends = [
    { x: away[0], y: away[1], w: posterior, h: sum },
    { x: away[0] + posterior, y: away[1], w: 1 - posterior, h: sum },
  ];
  const found = starts.map((from, i) => {
    const to = ends[i];
    const w = from.w + walk * (to.w - from.w);
    const area = from.w * from.h;
    // 走的时候面积不变：宽由路程定，高由面积定。
    const h = w > 0 ? area / w : to.h;
    return {
      x: from.x + walk * (to.x - from.x),
      y: from.y + walk * (to.y - from.y),
      w,
      h: h + grow * (1 - h),
    };
  });
  return /** @type {[Piece, Piece]} */ (found);
}
