// @ts-check
/** 画布要的颜色：从样式表里读，两个主题才只写一次。 */

const NAMES = [
  'paper', 'card', 'ink', 'ink-soft', 'ink-faint', 'rule', 'grid',
  'blue', 'blue-ink', 'blue-soft', 'orange', 'orange-ink', 'orange-soft',
  'magenta', 'accent', 'accent-soft', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8',
];

/** 一类点的颜色和形状：不靠颜色也分得清。第 0 类橙色方块，第 1 类蓝色圆点。 */
export const CLASSES = [
  { color: 'orange', shape: 'square', name: '橙点' },
  { color: 'blue', shape: 'circle', name: '蓝点' },
  { color: 'c3', shape: 'triangle', name: '绿点' },
  { color: 'c4', shape: 'diamond', name: '天蓝点' },
  { color: 'c5', shape: 'cross', name: '黄点' },
  { color: 'c6', shape: 'star', name: '紫点' },
];

/**
 * 元素所在主题的全部颜色，名字去掉开头的两条短横。
 * @param {Element} element
 * @returns {Record<string, string>}
 */
export function palette(element) {
  const style = getComputedStyle(element);
  /** @type {Record<string, string>} */
  const colors = {};
  for (const name of NAMES) colors[name] = style.getPropertyValue(`--${name}`).trim();
  return colors;
}

/**
 * '#rrggbb' → [r, g, b]，0 到 255。
 * @param {string} color
 * @returns {[number, number, number]}
 */
export function rgb(color) {
  const value = parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/**
 * 有正负的量的色阶：橙 — 纸 — 蓝，零在正中。返回一个 −1 到 1 → [r, g, b] 的函数；
 * 走得比直线快一些，好让零附近的变化看得见；两头停在柔和的颜色上，点画在上面仍看得清。
 * @param {Record<string, string>} colors
 * @returns {(value: number) => [number, number, number]}
 */
export function signedScale(colors) {
  const paper = rgb(colors.paper);
  const ends = { low: rgb(colors.orange), high: rgb(colors.blue) };
  return (value) => {
    const v = Math.max(-1, Math.min(1, value));
    const end = v < 0 ? ends.low : ends.high;
    const t = 0.5 * Math.sqrt(Math.abs(v));
    return /** @type {[number, number, number]} */ (
      [0, 1, 2].map((i) => Math.round(paper[i] + (end[i] - paper[i]) * t))
    );
  };
}
