// @ts-check
/** 两个一样大的盒子：粒子真的在的盒子，和观察者心里的盒子。 */
import { fit } from '../canvas.js';

export const FULL = 32768; // 位置的一整条边
export const COARSE = 256; // 影子的位置的一整条边
const PACE = 2048; // 速度：边长的这么多分之一，每一步
const TAIL = 2.2; // 尾巴是走几步的路
const BLUR = 0.045; // 一个影子晕开多大（边长）

/**
 * 每格里有几个。
 * @param {ArrayLike<number>} places x, y, x, y … @param {number} side 每边几格 @param {number} full 一整条边
 */
export function counts(places, side, full) {
  const found = new Float64Array(side * side);
  for (let i = 0; i < places.length; i += 2) {
    const x = Math.min(side - 1, Math.floor((places[i] * side) / full));
    const y = Math.min(side - 1, Math.floor((places[i + 1] * side) / full));
    found[y * side + x] += 1;
  }
  return found;
}

/**
 * 格子：一格越满颜色越深，再画上格线。
 * @param {CanvasRenderingContext2D} brush @param {Float64Array} many @param {number} side @param {number} size
 * @param {string} hue @param {string} line @param {number} deepest
 */
function cells(brush, many, side, size, hue, line, deepest) {
  const total = many.reduce((a, b) => a + b, 0);
  const wide = size / side;
  brush.fillStyle = hue;
  many.forEach((count, i) => {
    if (!count) return;
    // 均匀时每格 1/格数；四倍于它就到最深，免得一开头浓成一块。
    brush.globalAlpha = deepest * Math.min(1, (count * many.length) / (4 * total));
    brush.fillRect((i % side) * wide, size - (Math.floor(i / side) + 1) * wide, wide, wide);
  });
  brush.globalAlpha = 1;
  brush.strokeStyle = line;
  brush.lineWidth = 1;
  brush.beginPath();
  for (let k = 1; k < side; k += 1) {
    const at = Math.round(k * wide) + 0.5;
    brush.moveTo(at, 0);
    brush.lineTo(at, size);
    brush.moveTo(0, at);
    brush.lineTo(size, at);
  }
  brush.stroke();
}

/**
 * 粒子的盒子。
 * @param {HTMLCanvasElement} canvas @param {number} size
 * @param {{places: ArrayLike<number>, drift: ArrayLike<number> | null, pillars: ArrayLike<number>, touch: number[]}} gas
 * @param {number} side @param {Record<string, string>} colors
 */
export function drawGas(canvas, size, gas, side, colors) {
  const brush = fit(canvas, size, size);
  const { places, drift, pillars } = gas;
  cells(brush, counts(places, side, FULL), side, size, colors.accent, colors.rule, 0.3);
  const [small, large] = gas.touch;
  brush.fillStyle = colors.rule;
  brush.strokeStyle = colors['ink-faint'];
  brush.lineWidth = 1;
  brush.beginPath();
  for (let i = 0; i < pillars.length; i += 2) {
    const [x, y] = [pillars[i] * size, (1 - pillars[i + 1]) * size];
    brush.moveTo(x + large * size, y);
    brush.arc(x, y, large * size, 0, 7);
  }
  brush.fill();
  brush.stroke();
  const scale = size / FULL;
  const radius = Math.max(2.4, small * size);
  if (drift) {
    const long = (TAIL * size) / PACE;
    brush.strokeStyle = colors['ink-faint'];
    brush.globalAlpha = 0.55;
    brush.lineWidth = radius * 0.5;
    brush.lineCap = 'round';
    brush.beginPath();
    for (let i = 0; i < places.length; i += 2) {
      const [x, y] = [places[i] * scale, size - places[i + 1] * scale];
      brush.moveTo(x, y);
      brush.lineTo(x - drift[i] * long, y + drift[i + 1] * long);
    }
    brush.stroke();
    brush.globalAlpha = 1;
  }
  brush.fillStyle = colors['ink-soft'];
  brush.beginPath();
  for (let i = 2; i < places.length; i += 2) {
    const [x, y] = [places[i] * scale, size - places[i + 1] * scale];
    brush.moveTo(x + radius, y);
    brush.arc(x, y, radius, 0, 7);
  }
  brush.fill();
  marked(brush, places[0] * scale, size - places[1] * scale, radius, colors);
}

/** 蓝色的那一个，外面一圈：不靠颜色也认得。 @param {CanvasRenderingContext2D} brush @param {number} x @param {number} y @param {number} radius @param {Record<string, string>} colors */
function marked(brush, x, y, radius, colors) {
  brush.beginPath();
  brush.arc(x, y, radius + 4.5, 0, 7);
  brush.fillStyle = colors.card;
  brush.fill();
  brush.strokeStyle = colors.blue;
  brush.lineWidth = 1.6;
  brush.stroke();
  brush.beginPath();
  brush.arc(x, y, radius + 1, 0, 7);
  brush.fillStyle = colors.blue;
  brush.fill();
}

/** 一团晕开的颜色，画一次，用很多次。 @param {number} radius @param {string} color */
export function blob(radius, color) {
  const canvas = document.createElement('canvas');
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = canvas.height = Math.ceil(2 * radius * ratio);
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const middle = canvas.width / 2;
  const fade = brush.createRadialGradient(middle, middle, 0, middle, middle, middle);
  fade.addColorStop(0, color);
  fade.addColorStop(0.35, color + '99');
  fade.addColorStop(1, color + '00');
  brush.fillStyle = fade;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * 观察者心里的盒子：影子叠成雾，知道得越准越浓。
 * @param {HTMLCanvasElement} canvas @param {number} size @param {ArrayLike<number>} cloud
 * @param {number} side @param {Record<string, string>} colors @param {HTMLCanvasElement} soft
 */
export function drawMind(canvas, size, cloud, side, colors, soft) {
  const brush = fit(canvas, size, size);
  cells(brush, counts(cloud, side, COARSE), side, size, colors.blue, colors.rule, 0.3);
  const scale = size / COARSE;
  const radius = BLUR * size;
  brush.globalAlpha = 0.16;
  for (let i = 0; i < cloud.length; i += 2) {
    brush.drawImage(soft, cloud[i] * scale - radius, size - cloud[i + 1] * scale - radius, 2 * radius, 2 * radius);
  }
  brush.globalAlpha = 1;
}

/** @param {number} size */
export const blurOf = (size) => BLUR * size;
