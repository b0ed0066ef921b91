// @ts-check
/**
 * 提问树的样子：八列图形，一行一个问题。每个问题是一个盒子，左半是「是」，右半是「否」；
 * 盒子里的图形是按钮，一点就换到另一边。问到只剩一个，就落在那里。
 */
import { html } from '../fields.js';
import { shapeIcon } from '../shapes.js';

export const ROW = 54;
const ROWS = 7;
const HEAD = 30; // 顶上写机会
const LEAF = 62; // 叶子和它底下的「问几个」
const LEAST = 4; // 至少留几行的地方

/** 百分数，至多三位有效数字。 @param {number} share */
export function percent(share) {
  const p = 100 * share;
  return `${p >= 99.95 ? '100' : String(Number(p.toPrecision(p < 10 ? 2 : 3)))}%`;
}

/**
 * @param {string[]} shapes 图形的名字
 * @param {(which: number, row: number) => void} onFlip 读者点了第 row 行里的图形
 */
export function board(shapes, onFlip) {
  const count = shapes.length;
  const element = html('div', { class: 'q-board', role: 'group', 'aria-label': '提问树' });
  const boxes = Array.from({ length: count - 1 }, () => {
    const mass = html('b', {});
    const node = html('div', { class: 'q-box', 'aria-hidden': 'true' },
      html('i', { class: 'q-yes' }), html('i', { class: 'q-no' }), html('span', { class: 'q-say-yes' }, '是'), mass, html('span', { class: 'q-say-no' }, '否'));
    element.append(node);
    return { node, mass };
  });
  const ideals = shapes.map(() => html('div', { class: 'q-ideal', 'aria-hidden': 'true' }));
  element.append(...ideals);
  const asked = shapes.map(() => html('span', {}));
  const leaves = shapes.map((_, i) => html('div', { class: 'q-leaf', 'aria-hidden': 'true' }, shapeIcon(i, 26), asked[i]));
  element.append(...leaves);
  const cells = Array.from({ length: ROWS }, (_, row) => shapes.map((_name, i) => {
    const node = html('button', { type: 'button', class: 'q-cell' }, shapeIcon(i, 22));
    node.addEventListener('click', () => onFlip(i, row));
    return node;
  }));
  element.append(...cells.flat());
  const heads = shapes.map(() => html('b', { class: 'q-odd', 'aria-hidden': 'true' }));
  element.append(...heads);
  const spoken = html('p', { class: 'q-hidden' });
  element.append(spoken);
  let cell = 44;
  let rows = LEAST;

  /** @param {HTMLElement} node @param {number} left @param {number} top @param {number} [width] */
  function place(node, left, top, width) {
    node.style.transform = `translate(${left.toFixed(1)}px,${top.toFixed(1)}px)`;
    if (width !== undefined) node.style.width = `${width.toFixed(1)}px`;
  }

  return {
    element,
    /** 板子有多宽。 @param {number} width */
    resize(width) {
      // 手机上八列放不下手指：两边各伸出去一点，用掉页边。
      const full = Math.max(width, Math.min(44 * count, document.documentElement.clientWidth));
      cell = full / count;
      element.style.width = `${full}px`;
      element.style.marginLeft = `${(width - full) / 2}px`;
      for (const node of [...cells.flat(), ...leaves, ...ideals, ...heads]) node.style.width = `${cell}px`;
    },
    /**
     * @param {{column: number[], depth: number[], questions: import('./tree.js').Question[]}} plan
     * @param {any} odds 现在的机会 @param {{ideal: boolean, path: number, hit: number}} marks
     *   path 正在问到第几行（−1 是没有在问），hit 藏着的是哪个（−1 是不知道）
     */
    draw(plan, odds, marks) {
      const p = odds.p.data;
      // 只长高，不缩回去：手指底下的东西不许跳。
      const deep = Array.from(marks.ideal ? [...plan.depth, ...Array.from(odds.surprise.data)] : plan.depth);
      rows = Math.max(rows, ...deep.map((value) => Math.ceil(value)));
      element.style.height = `${HEAD + rows * ROW + LEAF}px`;
      boxes.forEach(({ node, mass }, k) => {
        const question = plan.questions[k];
        const { row, from, to, cut } = question;
        place(node, from * cell + 1, HEAD + row * ROW, (to - from) * cell - 2);
        node.style.setProperty('--cut', String((cut - from) / (to - from)));
        const share = question.members.reduce((sum, i) => sum + p[i], 0);
        mass.textContent = percent(share);
        node.style.setProperty('--share', String(Math.max(0.25, Math.min(1, share + 0.2))));
        const asked = marks.hit >= 0 && row < marks.path && question.members.includes(marks.hit);
        node.classList.toggle('is-asked', asked);
      });
      const inside = plan.column.map(() => /** @type {boolean[]} */ ([]));
      for (const question of plan.questions) {
        for (const i of question.members) inside[i][question.row] = plan.column[i] < question.cut;
      }
      cells.forEach((list, row) => list.forEach((node, i) => {
        const there = inside[i][row] !== undefined;
        node.hidden = !there;
        if (!there) return;
        const yes = inside[i][row];
        place(node, plan.column[i] * cell, HEAD + row * ROW);
        node.classList.toggle('is-yes', yes);
        node.classList.toggle('is-path', i === marks.hit && row < marks.path);
        node.setAttribute('aria-label', `第 ${row + 1} 问，${shapes[i]}在「${yes ? '是' : '否'}」这边；点一下换到「${yes ? '否' : '是'}」`);
      }));
      leaves.forEach((node, i) => {
        place(node, plan.column[i] * cell, HEAD + plan.depth[i] * ROW);
        asked[i].textContent = `问 ${plan.depth[i]} 个`;
        node.classList.toggle('is-hit', i === marks.hit && marks.path >= plan.depth[i]);
      });
      ideals.forEach((node, i) => {
        node.hidden = !marks.ideal;
        place(node, plan.column[i] * cell, HEAD + odds.surprise.data[i] * ROW - 4);
      });
      heads.forEach((node, i) => {
        place(node, plan.column[i] * cell, 0);
        node.textContent = odds.texts[i];
      });
      const text = shapes.map((name, i) => `${name}，机会 ${odds.texts[i]}，问 ${plan.depth[i]} 个`).join('；');
      if (spoken.textContent !== text) spoken.textContent = text;
    },
  };
}
