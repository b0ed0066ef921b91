// @ts-check
/** 一次看几个样本：左边的直线、右边的碗和下面的损失是同一趟下降的三种看法。 */
import { el } from '../dom.js';
import { number } from '../lib/axes.js';
import { bowl } from '../lib/batches/bowl.js';
import { cost } from '../lib/batches/cost.js';
import { scatter } from '../lib/batches/scatter.js';
import { choiceField } from '../lib/fields.js';
import { palette } from '../lib/palette.js';
import '../style/batches.css';

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {any} */
  let data = null;
  let start = /** @type {number[]} */ (ctx.get().start);
  let dragging = false;
  let colors = palette(stage);
  const { low, high } = ctx.controls.find((/** @type {any} */ c) => c.name === 'start');

  const moves = {
    onStart: () => { dragging = true; },
    onEnd: () => { dragging = false; },
    onMove: (/** @type {number} */ a, /** @type {number} */ b) => {
      const inside = (/** @type {number} */ v, /** @type {number} */ c) => {
        const far = 0.95 * data.reach;
        const held = Math.max(low, c - far, Math.min(high, c + far, v));
        return Math.round(held * 100) / 100;
      };
      start = [inside(a, data.centre[0]), inside(b, data.centre[1])];
      ctx.set({ start });
      draw();
    },
  };
  const left = scatter(moves);
  const right = bowl(moves);
  const below = cost();
  const pick = choiceField({
    label: '每批几个样本',
    options: ctx.controls.find((/** @type {any} */ c) => c.name === 'batch').options,
    onPick: (batch) => ctx.set({ batch }),
  });
  const told = el('p', { class: 'bt-told' });
  const heard = el('p', { class: 'bt-heard' });
  const wrap = el('div', { class: 'bt' },
    el('div', { class: 'bt-pick' }, el('span', {}, '每批几个样本'), pick.element),
    el('div', { class: 'bt-pair' },
      el('figure', {}, left.element, el('figcaption', {}, '一点是一个样本。虚线 y = 斜率 × x + 截距 要贴住它们，拖两头换起点；竖线是下一步要听的样本差了多少')),
      el('figure', {}, right.element, el('figcaption', {}, '一个位置是一条直线，圈越往里，平均差得越少。细线是各样本自己的谷底：站在线上，直线正好穿过它；洋红是下一步，雾是换一批会到哪'))),
    told, heard,
    el('p', { class: 'bt-caption' }, '高出谷底多少，按看过的样本数算'), below.element);
  stage.append(wrap);

  function draw() {
    if (!data || !wrap.clientWidth) return;
    const fresh = Math.abs(start[0] - data.start[0]) + Math.abs(start[1] - data.start[1]) < 1e-6;
    const at = fresh ? Array.from(data.position.data) : start;
    left.draw(data, start, at);
    right.draw(data, start, at, fresh);
    below.draw(data, fresh);
    pick.update(String(ctx.get().batch));
    told.textContent = fresh
      ? `走了 ${data.updates} 步，看过 ${data.seen} 个样本，高出谷底${data.above < 5e-4 ? '不到 0.0005' : ` ${number(data.above)}`}。`
      : `起点：斜率 ${number(start[0])}，截距 ${number(start[1])}。`;
    heard.textContent = fresh ? sentence() : '';
  }

  /** 这一批靠不靠得住。 */
  function sentence() {
    const { batch, next } = data;
    const left = Math.round(100 * next.agreement);
    if (batch === 1) return '下一步只听橙色的那一个样本：它只管把直线往自己身上拉，也就是往自己的那条谷底去。';
    const who = batch === data.x.data.length ? '下一步听全部样本，谁来走都一样' : `下一步听 ${batch} 个样本`;
    return `${who}：各自的箭头平均下来，剩下长度的 ${left}%，其余互相抵消了。`;
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width || !data) return;
    const wide = width >= 620;
    wrap.classList.toggle('is-wide', wide);
    const side = Math.round(wide ? Math.min(476, (width - 28) / 2) : Math.min(width, 420));
    left.backdrop(side, wide ? side : Math.round(side * 0.72), data, colors);
    right.backdrop(side, data, colors);
    below.resize(width, 200, data);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const first = !data;
      data = scene;
      if (!dragging) start = scene.start;
      if (first) resize();
      else draw();
    },
    resize,
    theme() {
      colors = palette(stage);
      resize();
    },
    destroy() {
      left.destroy();
      right.destroy();
      wrap.remove();
    },
  };
}
