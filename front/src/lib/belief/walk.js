// @ts-check
/** 对数优势走的路：一个正面一步，一个反面一步，每步一样长。画面跟着走的人，刻度是几比一。 */
import { number, svg } from '../axes.js';

const SHOWN = 60; // 看得见最近多少步
const SPAN = 13.8; // 上下一共看得见多少
const [LEFT, RIGHT, TOP, BOTTOM] = [66, 14, 24, 40];
const TENS = ['1', '10', '100', '1000'];
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** 十的 k 次方比一，或者一比它。 @param {number} k */
function ratio(k) {
  const size = Math.abs(k);
  const word = TENS[size] ?? `10${[...String(size)].map((d) => RAISED[Number(d)]).join('')}`;
  return k >= 0 ? `${word} : 1` : `1 : ${word}`;
}

export function walkView() {
  const picture = svg('svg', { class: 'belief-walk', role: 'img', 'aria-label': '两种硬币之间的对数优势' });
  const clip = `belief-clip-${Math.floor(performance.now() * 1000)}`;
  const window_ = svg('rect', {}, svg('clipPath', { id: clip }, picture));
  const back = svg('g', { class: 'axes axes-text' }, picture);
  const inside = svg('g', { 'clip-path': `url(#${clip})` }, picture);
  const down = svg('path', { class: 'walk-step walk-tail' }, inside);
  const up = svg('path', { class: 'walk-step walk-head' }, inside);
  const end = svg('circle', { class: 'walk-end', r: 5 }, inside);
  const words = svg('g', { class: 'belief-words' }, picture);
  let [width, height] = [0, 0];
  let framed = ''; // 画面没有挪动，轴和刻度就不重画

  /**
   * @param {number} from @param {number} middle @param {number} ten
   * @param {(k: number) => number} x @param {(v: number) => number} y
   */
  function frame(from, middle, ten, x, y) {
    back.replaceChildren();
    let lines = '';
    let zero = '';
    for (let k = Math.ceil((middle - SPAN / 2) / ten); k * ten <= middle + SPAN / 2; k += 1) {
      const at = y(k * ten).toFixed(1);
      if (k) lines += `M${LEFT} ${at}H${width - RIGHT}`;
      else zero = `M${LEFT} ${at}H${width - RIGHT}`;
      svg('text', { x: LEFT - 7, y: Number(at) + 4, 'text-anchor': 'end' }, back).textContent = ratio(k);
    }
    svg('path', { class: 'axes-grid', d: lines }, back);
    svg('path', { class: 'walk-zero', d: zero }, back);
    for (let k = from + (20 - (from % 20)) % 20; k <= from + SHOWN; k += 20) {
      svg('text', { x: x(k), y: height - BOTTOM + 17, 'text-anchor': 'middle' }, back).textContent = String(k);
    }
    svg('text', { x: (LEFT + width - RIGHT) / 2, y: height - 4, 'text-anchor': 'middle' }, back).textContent = '抛了几次';
  }

  return {
    picture,
    /** @param {number} w @param {number} h */
    resize(w, h) {
      [width, height] = [w, h];
      for (const [key, value] of Object.entries({ viewBox: `0 0 ${w} ${h}`, width: w, height: h })) picture.setAttribute(key, String(value));
      const box = { x: LEFT - 6, y: TOP, width: w - LEFT - RIGHT + 12, height: h - TOP - BOTTOM };
      for (const [key, value] of Object.entries(box)) window_.setAttribute(key, String(value));
    },
    /**
     * @param {number[] | null} path 从先验起的对数优势 @param {ArrayLike<number>} flips
     * @param {number} ten 十的自然对数 @param {number[]} heights 两种硬币现在的高矮
     */
    draw(path, flips, ten, heights) {
      words.replaceChildren();
      const count = flips.length;
      const from = Math.max(0, count - SHOWN);
      const now = path ? path[path.length - 1] : 0;
      // 走到离边还有四分之一的地方，画面就跟着挪。
      const room = SPAN * 0.3;
      const middle = now > room ? now - room : now < -room ? now + room : 0;
      const x = (/** @type {number} */ k) => LEFT + ((k - from) / SHOWN) * (width - LEFT - RIGHT);
      const y = (/** @type {number} */ v) => TOP + ((middle - v) / SPAN + 0.5) * (height - TOP - BOTTOM);
      const view = [from, middle, width, height].join();
      if (view !== framed) {
        framed = view;
        frame(from, middle, ten, x, y);
      }
      svg('text', { x: LEFT, y: 13 }, words).textContent = '↑ 硬币二更可信';
      svg('text', { x: width - RIGHT, y: height - BOTTOM - 5, 'text-anchor': 'end' }, words).textContent = '↓ 硬币一更可信';
      let [heads, tails] = ['', ''];
      if (path) {
        for (let k = from; k < count; k += 1) {
          const piece = `M${x(k).toFixed(1)} ${y(path[k]).toFixed(1)}L${x(k + 1).toFixed(1)} ${y(path[k + 1]).toFixed(1)}`;
          if (flips[k]) heads += piece;
          else tails += piece;
        }
      }
      up.setAttribute('d', heads);
      down.setAttribute('d', tails);
      end.setAttribute('visibility', path ? 'visible' : 'hidden');
      if (!path) {
        svg('text', { x: (LEFT + width - RIGHT) / 2, y: (TOP + height - BOTTOM) / 2 - 8, 'text-anchor': 'middle' }, words)
          .textContent = '你的先验里有一种是 0：';
        svg('text', { x: (LEFT + width - RIGHT) / 2, y: (TOP + height - BOTTOM) / 2 + 14, 'text-anchor': 'middle' }, words)
          .textContent = '起点在无穷远，走不回来';
        return;
      }
      const spot = [x(count), y(now)];
      end.setAttribute('cx', spot[0].toFixed(1));
      end.setAttribute('cy', spot[1].toFixed(1));
      const [low, high] = heights;
      const least = Math.min(low, high) > 0 ? Math.max(low, high) / Math.min(low, high) : Infinity;
      if (least > 9999) return;
      const text = high >= low ? `${number(least)} : 1` : `1 : ${number(least)}`;
      const left = spot[0] > width - 90;
      svg('text', {
        class: 'is-now', x: spot[0] + (left ? -10 : 10), y: spot[1] + (now >= 0 ? -9 : 20), 'text-anchor': left ? 'end' : 'start',
      }, words).textContent = text;
    },
  };
}
