// @ts-check
/** 名次榜：一行一位选手，先到的在上面；点一行就突出他。名次变了，行自己走过去。 */
import { el } from '../../dom.js';
import { ME, icon } from './marks.js';

const ROW = 44;

/** @param {{onFocus: (k: number) => void}} options */
export function board(options) {
  const element = el('div', { class: 'rc-board', role: 'group', 'aria-label': '名次：点一位，突出他的路线' });
  const rows = Array.from({ length: ME + 1 }, (_, k) => {
    const place = el('span', { class: 'rc-place' });
    const name = el('span', { class: 'rc-name' });
    const rate = el('span', { class: 'rc-rate' });
    const result = el('span', { class: 'rc-result' });
    const node = el('button', { type: 'button', class: 'rc-row', 'aria-pressed': 'false' }, place, icon(k), name, rate, result);
    node.addEventListener('click', () => options.onFocus(k));
    element.append(node);
    return { node, place, name, rate, result };
  });

  return {
    element,
    /**
     * @param {{name: string, rate: string, arrived: number, left: number, height: number, shown: boolean}[]} all
     * @param {number[]} order @param {number} steps @param {number} focus
     */
    update(all, order, steps, focus) {
      let rank = 0;
      let before = -1;
      order.forEach((k, i) => {
        const { arrived, left } = all[k];
        const there = arrived <= steps;
        if (arrived !== before) rank = i + 1;
        before = arrived;
        const row = rows[k];
        row.node.style.transform = `translateY(${i * ROW}px)`;
        row.place.textContent = there ? String(rank) : '—';
        row.name.textContent = all[k].name;
        row.rate.replaceChildren(el('span', {}, '学习率 '), all[k].rate);
        row.result.textContent = there ? `${arrived} 步` : left <= steps ? `第 ${left} 步飞了` : '没到';
        row.node.classList.toggle('is-out', !there);
      });
      rows.forEach((row, k) => {
        row.node.hidden = !all[k].shown;
        row.node.setAttribute('aria-pressed', String(focus === k));
      });
      element.style.height = `${order.length * ROW}px`;
    },
  };
}
