// @ts-check
/** Python 还没醒的时候，预先算好的画面能答什么。 */

/** 图自己就答得了这些改动吗：沿着主控件走的、只换看法的。 @param {any} spec @param {Record<string, any>} changes */
export function answersAlone(spec, changes) {
  return Object.keys(changes).every((name) => name === spec.main
    || spec.controls.find((/** @type {any} */ c) => c.name === name)?.local);
}

/** 一串画面里，主控件的值最近的一幅。 @param {{values: number[], scenes: any[]}} stops @param {number} value */
export function nearest(stops, value) {
  let best = 0;
  stops.values.forEach((v, i) => {
    if (Math.abs(v - value) < Math.abs(stops.values[best] - value)) best = i;
  });
  return stops.scenes[best];
}
