// @ts-check
/** 八个一眼分得清的图形，都画在 24×24 的格子里；不靠颜色，也不靠字体。 */

import { svg } from './axes.js';

/** 圆、三角、方块、星、菱形、心、月牙、十字。 */
const PATHS = [
  'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18Z',
  'M12 3.5L21.5 20.5H2.5Z',
  'M4 4H20V20H4Z',
  'M12 2.2L14.9 8.8L22 9.5L16.6 14.3L18.2 21.4L12 17.7L5.8 21.4L7.4 14.3L2 9.5L9.1 8.8Z',
  'M12 1.8L20.5 12L12 22.2L3.5 12Z',
  'M12 21C5 15.6 2.6 12.4 2.6 8.8C2.6 5.9 4.8 3.9 7.3 3.9C9.3 3.9 11 5 12 6.9C13 5 14.7 3.9 16.7 3.9C19.2 3.9 21.4 5.9 21.4 8.8C21.4 12.4 19 15.6 12 21Z',
  'M15.5 2.6A9.8 9.8 0 1 0 21.6 15.8A8.2 8.2 0 0 1 15.5 2.6Z',
  'M8.6 3H15.4V8.6H21V15.4H15.4V21H8.6V15.4H3V8.6H8.6Z',
];

/**
 * 第 ``which`` 个图形的小图。
 * @param {number} which @param {number} [size] 像素 @returns {SVGElement}
 */
export function shapeIcon(which, size = 22) {
  const icon = svg('svg', { viewBox: '0 0 24 24', width: size, height: size, class: 'shape', 'aria-hidden': 'true' });
  svg('path', { d: PATHS[which] }, icon);
  return icon;
}
