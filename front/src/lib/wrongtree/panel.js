// @ts-check
/**
 * 一盒签和一棵树：底上的宽是这一盒的机会，能拖；柱子的高是照另一盒的机会要问的个数。
 * 比照自己的机会多问的一截是蓝的，少问的一截是橙的；两条横线的落差，就是多问的平均。
 */
import { linePath, number, svg } from '../axes.js';
import { borders, edges, PAD, scaleLines, shifted } from '../bars.js';
import { html } from '../fields.js';
import { shapeIcon } from '../shapes.js';
import { mean } from '../surprise.js';

const MOST = 5;
const FOOT = 34; // 柱脚到图形

/**
 * @typedef {object} Read 一盒签照另一盒的树来问
 * @property {number} entropy @property {number} cross @property {number} extra 无穷就是 Infinity
 * @property {number[]} missing 会来、树上却没有的 @property {number} whole 照整数的树平均问几个
 * @property {boolean} apart 真的树和小数的题数有没有哪一处不一样（画了短虚线）
 */

/** 一个数写在哪里：往上让，直到没有一条横线穿过它。 @param {number} top @param {number[]} lines */
function clear(top, lines) {
  return [...lines].sort((a, b) => b - a).reduce((at, line) => (line > at - 14 && line < at + 4 ? line - 6 : at), top);
}

/**
 * @param {{real: string, tree: string, slips: number, shapes: string[], onMove: (next: number[]) => void,
 *   onStart: () => void, onEnd: () => void}} options
 */
export function panel({ real, tree, slips, shapes, onMove, onStart, onEnd }) {
  const area = /** @type {SVGSVGElement} */ (svg('svg', { class: 'w-area', role: 'group', 'aria-label': `盒子${real}的签，照盒子${tree}造的树来问` }));
  const defs = svg('defs', {}, area);
  const fade = svg('linearGradient', { id: `w-fade-${real === '甲' ? 'a' : 'b'}`, x1: 0, y1: 1, x2: 0, y2: 0 }, defs);
  svg('stop', { offset: 0.45, class: 'w-fade-low' }, fade);
  svg('stop', { offset: 1, class: 'w-fade-high' }, fade);
  const grid = svg('path', { class: 'axes-grid' }, area);
  const ticks = svg('g', { class: 'axes-text', 'aria-hidden': 'true' }, area);
  const own = svg('path', { class: 'w-own' }, area);
  const more = svg('path', { class: 'w-more' }, area);
  const less = svg('path', { class: 'w-less' }, area);
  const endless = svg('path', { class: 'w-endless', fill: `url(#${fade.id})` }, area);
  const outline = svg('path', { class: 'w-outline' }, area);
  const whole = svg('path', { class: 'w-whole' }, area);
  const low = svg('path', { class: 'w-low' }, area);
  const high = svg('path', { class: 'w-high' }, area);
  const words = svg('g', { class: 'w-words', 'aria-hidden': 'true' }, area);
  const legend = svg('text', { class: 'w-legend', 'text-anchor': 'end', y: 12, 'aria-hidden': 'true' }, area);
  legend.textContent = '粗线：交叉熵　细线：熵';
  const icons = shapes.map((_, i) => {
    const g = svg('g', { class: 'w-icon' }, area);
    g.append(shapeIcon(i, 20));
    return g;
  });
  const extra = html('b', {});
  const sum = html('p', { class: 'w-sum' });
  const element = html('div', { class: 'w-panel' },
    html('h4', {}, `从盒子${real}抽签，照盒子${tree}造的树来问`), area,
    html('p', { class: 'w-extra' }, html('span', {}, '多问'), extra, html('span', {}, '个')), sum);
  let size = { width: 320, height: 300 };
  /** @type {number[]} */
  let counts = shapes.map(() => slips / shapes.length);

  const x = (/** @type {number} */ v) => PAD.left + v * (size.width - PAD.left - PAD.right);
  const y = (/** @type {number} */ v) => size.height - PAD.bottom - (Math.min(v, MOST) / MOST) * (size.height - PAD.top - PAD.bottom);
  const handles = borders(area, {
    count: shapes.length - 1, step: 1 / slips, x, y: () => size.height - PAD.bottom,
    at: (px) => Math.round(((px - PAD.left) / (size.width - PAD.left - PAD.right)) * slips) / slips,
    name: (k) => `盒子${real}，${shapes[k]}和${shapes[k + 1]}之间的边界`,
    text: (k) => `${shapes[k]} ${counts[k]} 张，${shapes[k + 1]} ${counts[k + 1]} 张`,
    onMove: (k, to) => onMove(shifted(counts.map((n) => n / slips), k, to, false).map((v) => Math.round(v * slips))),
    onStart, onEnd,
  });

  /** 一块长方形。 @param {number[]} at @param {number} i @param {number} from @param {number} to */
  const block = (at, i, from, to) => linePath([x(at[i]), y(from), x(at[i]), y(to), x(at[i + 1]), y(to), x(at[i + 1]), y(from)], true);

  /** @param {Read} read @param {number[]} at */
  function levels(read, at) {
    low.setAttribute('d', `M${PAD.left} ${y(read.entropy).toFixed(1)}H${x(at[at.length - 1]).toFixed(1)}`);
    const ends = read.cross < Infinity;
    high.setAttribute('visibility', ends ? 'visible' : 'hidden');
    if (ends) high.setAttribute('d', `M${PAD.left} ${y(read.cross).toFixed(1)}H${x(1).toFixed(1)}`);
    extra.textContent = ends ? number(read.extra) : '∞';
    extra.classList.toggle('is-zero', read.extra < 1e-6);
    sum.textContent = ends
      ? `交叉熵 ${number(read.cross)}，熵 ${number(read.entropy)}`
      : `${read.missing.map((i) => shapes[i]).join('、')}会抽到，树上却没有：怎么问也问不出来`;
  }

  /** 柱脚下的机会；挨得太近的，一个写高一点，一个写低一点。 @param {number[]} at */
  function odds(at) {
    const ends = [-1e4, -1e4];
    counts.forEach((n, i) => {
      if (!n) return;
      const text = `${n}/${slips}`;
      const half = text.length * 3.9;
      const middle = (x(at[i]) + x(at[i + 1])) / 2;
      const row = middle - half < ends[0] ? 1 : 0;
      ends[row] = middle + half + 2;
      svg('text', { x: middle, y: size.height - 4 - 14 * row, 'text-anchor': 'middle', class: 'w-count' }, words).textContent = text;
    });
  }

  return {
    element,
    /** @param {number} width @param {number} height */
    resize(width, height) {
      size = { width, height };
      area.setAttribute('width', String(width));
      area.setAttribute('height', String(height));
      legend.setAttribute('x', String(width - PAD.right));
      scaleLines(grid, ticks, { width, y, most: MOST - 1, step: 1, name: '问几个' });
    },
    /**
     * @param {number[]} mine 这一盒的签 @param {number[]} other 造树的那一盒
     * @param {ArrayLike<number>} surprise 几张签有多意外 @param {number[]} leaves 整数的树上各问几个 @param {number} none 没有这片叶子
     * @returns {Read}
     */
    draw(mine, other, surprise, leaves, none) {
      counts = mine;
      const p = mine.map((n) => n / slips);
      const at = edges(p);
      const right = mine.map((n) => surprise[n]);
      const asked = other.map((n) => (n ? surprise[n] : Infinity));
      const missing = mine.map((_, i) => i).filter((i) => mine[i] && !other[i]);
      const entropy = mean(p, right);
      const cross = missing.length ? Infinity : mean(p, asked);
      const paths = { own: '', more: '', less: '', endless: '', outline: '', whole: '' };
      words.replaceChildren();
      mine.forEach((n, i) => {
        icons[i].setAttribute('visibility', n ? 'visible' : 'hidden');
        if (!n) return;
        const middle = x(at[i] + p[i] / 2);
        const ends = asked[i] < Infinity;
        const both = Math.min(right[i], ends ? asked[i] : MOST);
        paths.own += block(at, i, 0, both);
        if (!ends) paths.endless += block(at, i, both, MOST);
        else if (asked[i] > right[i]) paths.more += block(at, i, right[i], asked[i]);
        else if (asked[i] < right[i]) paths.less += block(at, i, asked[i], right[i]);
        if (ends) paths.outline += linePath([x(at[i]), y(0), x(at[i]), y(asked[i]), x(at[i + 1]), y(asked[i]), x(at[i + 1]), y(0)]);
        if (leaves[i] !== none && Math.abs(leaves[i] - asked[i]) > 1e-6) {
          paths.whole += `M${x(at[i]).toFixed(1)} ${y(leaves[i]).toFixed(1)}H${x(at[i + 1]).toFixed(1)}`;
        }
        if (size.width * p[i] > 26 || !ends) {
          const top = clear(y(asked[i]) - 6, [y(entropy), y(cross), leaves[i] === none ? -99 : y(leaves[i])]);
          const text = svg('text', { x: middle, y: ends ? top : PAD.top + 30, 'text-anchor': 'middle', class: ends ? '' : 'w-never' }, words);
          text.textContent = ends ? number(asked[i]) : '∞';
        }
        icons[i].setAttribute('transform', `translate(${(middle - 10).toFixed(1)} ${size.height - FOOT - 16})`);
      });
      odds(at);
      own.setAttribute('d', paths.own);
      more.setAttribute('d', paths.more);
      less.setAttribute('d', paths.less);
      endless.setAttribute('d', paths.endless);
      outline.setAttribute('d', paths.outline);
      whole.setAttribute('d', paths.whole);
      handles.forEach((one, k) => one.move(at[k + 1], 0));
      const read = { entropy, cross, extra: Math.max(0, cross - entropy), missing, whole: missing.length ? Infinity : mean(p, leaves), apart: paths.whole !== '' };
      levels(read, at);
      return read;
    },
    destroy() {
      for (const one of handles) one.destroy();
      element.remove();
    },
  };
}
