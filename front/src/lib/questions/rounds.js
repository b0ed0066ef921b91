// @ts-check
/** 一局一局的平均：横轴是局数，竖轴是平均问了几个；两条横线是这棵树的期望和熵。 */
import { linePath, number, svg } from '../axes.js';

const LOW = 1;
const HIGH = 4.5;
const PAD = { left: 34, right: 84, top: 10, bottom: 30 };

/** @param {number} most 最多几局 */
export function roundsPlot(most) {
  const area = svg('svg', { class: 'q-plot', role: 'img', 'aria-label': '平均问了几个，随局数的变化' });
  const frame = svg('g', { class: 'axes-text' }, area);
  const grid = svg('path', { class: 'axes-grid' }, area);
  const floor = svg('path', { class: 'q-floor' }, area);
  const tree = svg('path', { class: 'q-expected' }, area);
  const walk = svg('path', { class: 'q-walk' }, area);
  const end = svg('circle', { class: 'q-walk-end', r: 4 }, area);
  const floorName = svg('text', { class: 'q-name q-name-floor' }, area);
  const treeName = svg('text', { class: 'q-name' }, area);
  let width = 320;
  const height = 190;

  const x = (/** @type {number} */ k) => PAD.left + (k / most) * (width - PAD.left - PAD.right);
  const y = (/** @type {number} */ v) => {
    const inside = Math.max(LOW, Math.min(HIGH, v));
    return height - PAD.bottom - ((inside - LOW) / (HIGH - LOW)) * (height - PAD.top - PAD.bottom);
  };

  return {
    element: area,
    /** @param {number} wide */
    resize(wide) {
      width = wide;
      area.setAttribute('width', String(wide));
      area.setAttribute('height', String(height));
      frame.replaceChildren();
      let path = '';
      for (let v = LOW; v <= HIGH; v += 1) {
        path += `M${PAD.left} ${y(v).toFixed(1)}H${width - PAD.right}`;
        svg('text', { x: PAD.left - 8, y: y(v) + 4, 'text-anchor': 'end' }, frame).textContent = String(v);
      }
      grid.setAttribute('d', path);
      for (let k = 0; k <= most; k += 50) {
        svg('text', { x: x(k), y: height - PAD.bottom + 16, 'text-anchor': 'middle' }, frame).textContent = k === most ? `${k} 局` : String(k);
      }
    },
    /** @param {ArrayLike<number>} asked 每一局问了几个 @param {number} rounds 看到第几局 @param {number} expected @param {number | null} entropy */
    draw(asked, rounds, expected, entropy) {
      const right = width - PAD.right;
      tree.setAttribute('d', `M${PAD.left} ${y(expected).toFixed(1)}H${right}`);
      const pixels = [];
      let sum = 0;
      for (let k = 0; k < rounds; k += 1) {
        sum += asked[k];
        pixels.push(x(k + 1), y(sum / (k + 1)));
      }
      walk.setAttribute('d', linePath(pixels));
      end.setAttribute('visibility', rounds ? 'visible' : 'hidden');
      if (rounds) {
        end.setAttribute('cx', pixels[2 * rounds - 2].toFixed(1));
        end.setAttribute('cy', pixels[2 * rounds - 1].toFixed(1));
      }
      let named = y(expected) + 4;
      floor.setAttribute('visibility', entropy === null ? 'hidden' : 'visible');
      floorName.setAttribute('visibility', entropy === null ? 'hidden' : 'visible');
      if (entropy !== null) {
        floor.setAttribute('d', `M${PAD.left} ${y(entropy).toFixed(1)}H${right}`);
        let below = y(entropy) + 4;
        // 两条线靠近时名字上下让开。
        if (below - named < 16) {
          const short = 16 - (below - named);
          named -= short / 2;
          below += short / 2;
        }
        floorName.textContent = `下限 ${number(entropy)}`;
        floorName.setAttribute('x', String(right + 6));
        floorName.setAttribute('y', below.toFixed(1));
      }
      treeName.textContent = `期望 ${number(expected)}`;
      treeName.setAttribute('x', String(right + 6));
      treeName.setAttribute('y', named.toFixed(1));
      return rounds ? sum / rounds : 0;
    },
  };
}
