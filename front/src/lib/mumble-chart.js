// @ts-check
/** 五度的声调图：听到的音高是实线，六处带环、能拖；听不清画成线外面的一层雾；虚线是现在猜的那个词。 */
import { number, svg } from './axes.js';
import { handle } from './drag.js';

const PLACES = ['开头', '中间', '结尾'];
const ACROSS = [0.1, 0.25, 0.4, 0.6, 0.75, 0.9]; // 六处的横坐标，占图宽的几成

/**
 * @param {{label: string, move: (k: number, level: number) => void, start: () => void, end: () => void}} on
 */
export function chart(on) {
  let size = { width: 320, height: 200 };
  const node = svg('svg', { class: 'mumble-svg', role: 'group', 'aria-label': on.label });
  const id = `mumble-${Math.floor(performance.now() * 1000)}`;
  const clip = svg('clipPath', { id }, svg('defs', {}, node));
  const window = svg('rect', { x: 0, y: 0, rx: 10 }, clip);
  const paper = svg('rect', { class: 'mumble-paper', x: 0, y: 0, rx: 10 }, node);
  const levels = svg('path', { class: 'mumble-levels' }, node);
  const names = svg('g', { class: 'mumble-names', 'aria-hidden': 'true' }, node);
  const fog = svg('g', { 'clip-path': `url(#${id})` }, node);
  const haze = svg('path', { class: 'mumble-haze' }, fog);
  const thick = svg('path', { class: 'mumble-haze' }, fog);
  const best = svg('path', { class: 'mumble-best' }, node);
  const heard = svg('path', { class: 'mumble-heard' }, node);

  const unit = () => (size.height - 66) / 4; // 一度是几像素
  const y = (/** @type {number} */ level) => 22 + (5 - level) * unit();
  const x = (/** @type {number} */ k) => 26 + ACROSS[k] * (size.width - 34);
  const handles = ACROSS.map((_, k) => handle(node, {
    label: `第${k < 3 ? '一' : '二'}个字的${PLACES[k % 3]}`, x: k, y: 3, axis: 'y', step: 0.1, rangeY: [1, 5],
    toPixel: (at, level) => [x(at), y(level)],
    fromPixel: (_px, py) => [k, 5 - (py - 22) / unit()],
    valueText: (_x, level) => `音高 ${number(level)} 度`,
    onStart: on.start, onEnd: on.end,
    onMove: (_x, level) => on.move(k, Math.round(level * 20) / 20),
  }));

  /** @param {ArrayLike<number>} pitch */
  function path(pitch) {
    let d = '';
    for (let k = 0; k < 6; k += 1) d += `${k % 3 ? 'L' : 'M'}${x(k).toFixed(1)} ${y(pitch[k]).toFixed(1)}`;
    return d;
  }

  return {
    element: node,
    /** @param {number} width @param {number} height */
    resize(width, height) {
      size = { width, height };
      for (const box of [node, window, paper]) {
        box.setAttribute('width', String(width));
        box.setAttribute('height', String(height));
      }
      levels.setAttribute('d', [1, 2, 3, 4, 5].map((v) => `M26 ${y(v).toFixed(1)}H${width - 8}`).join(''));
      names.replaceChildren();
      for (const [text, px, py, anchor] of /** @type {[string, number, number, string][]} */ ([
        ['高 5', 2, y(5) + 4, 'start'], ['低 1', 2, y(1) + 4, 'start'],
        ['第一个字', x(1), height - 10, 'middle'], ['第二个字', x(4), height - 10, 'middle'],
      ])) svg('text', { x: px, y: py, 'text-anchor': anchor }, names).textContent = text;
    },
    /** @param {ArrayLike<number>} pitch @param {number} noise @param {ArrayLike<number>} guess */
    update(pitch, noise, guess) {
      const d = path(pitch);
      heard.setAttribute('d', d);
      haze.setAttribute('d', d);
      thick.setAttribute('d', d);
      haze.setAttribute('stroke-width', (2 * noise * unit()).toFixed(1));
      thick.setAttribute('stroke-width', (noise * unit()).toFixed(1));
      best.setAttribute('d', path(guess));
      handles.forEach((h, k) => h.move(k, pitch[k]));
    },
    destroy: () => handles.forEach((h) => h.destroy()),
  };
}
