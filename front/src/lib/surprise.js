// @ts-check
/** 意外：查 Python 给的表。表只到一半；机会每对折一次，意外就多一份同样的。 */
import { lookup } from './table.js';

/**
 * @param {{top: import('./table.js').Table, halving: number}} table
 * @returns {(p: number) => number} 机会 → 意外（bit）；没有机会的给 Infinity
 */
export function surpriseOf({ top, halving }) {
  const near = lookup(top);
  return (p) => {
    if (p <= 0) return Infinity;
    let folded = 0;
    let rest = p;
    while (rest < 0.5) {
      rest *= 2;
      folded += halving;
    }
    return folded + near(Math.min(1, rest));
  };
}

/** 以机会为权的平均；没有机会的不算。 @param {ArrayLike<number>} p @param {ArrayLike<number>} values */
export function mean(p, values) {
  let total = 0;
  for (let i = 0; i < p.length; i += 1) if (p[i] > 0) total += p[i] * values[i];
  return total;
}
