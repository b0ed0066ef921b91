// @ts-check
/** 两排数一样吗：烘焙的数是单精度的，差一点也算一样。 @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function alike(a, b) {
  for (let i = 0; i < a.length; i += 1) if (Math.abs(a[i] - b[i]) > 1e-6) return false;
  return a.length === b.length;
}
