// @ts-check
/**
 * 印在纸上：图照现在的样子，链接变成脚注，练习编上号，解答排在最后。
 * 印完都收走，网页还是原来的样子。
 */
import { el } from '../dom.js';

/** @type {Element[]} */
let added = [];

/** 加一样只在纸上有的东西。 @param {Element} parent @param {Element} node */
function add(parent, node) {
  node.classList.add('paper-only');
  parent.append(node);
  added.push(node);
}

/** 正文里指到别处的链接，依次编号；地址列在最后。 @param {HTMLElement} main */
function footnotes(main) {
  const list = el('ol', {});
  /** @type {Map<string, number>} */
  const numbers = new Map();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (main.querySelectorAll('a[href]'))) {
    const here = link.href.split('#')[0] === location.href.split('#')[0];
    if (here || link.closest('.explorable, .take-home, .resume, .exercise-solution')) continue;
    let number = numbers.get(link.href);
    if (!number) {
      number = numbers.size + 1;
      numbers.set(link.href, number);
      list.append(el('li', {}, decodeURI(link.href)));
    }
    const mark = el('sup', {}, `[${number}]`);
    link.after(mark);
    mark.classList.add('paper-only');
    added.push(mark);
  }
  if (numbers.size) add(main, el('section', {}, el('h2', {}, '链接'), list));
}

/** 练习编号，解答按号排在最后。 @param {HTMLElement} main */
function solutions(main) {
  const section = el('section', {}, el('h2', {}, '解答'));
  let count = 0;
  for (const exercise of main.querySelectorAll('.exercise')) {
    const label = exercise.querySelector('.exercise-label');
    const solution = exercise.querySelector('.exercise-solution > div');
    if (!label || !solution) continue;
    count += 1;
    const number = el('b', {}, ` ${count} `);
    number.classList.add('paper-only');
    added.push(number);
    label.firstChild?.after(number);
    section.append(el('div', { class: 'paper-solution' }, el('p', {}, el('b', {}, `练习 ${count}`)), .../** @type {Node[]} */ ([...solution.cloneNode(true).childNodes])));
  }
  if (count) add(main, section);
}

export function beforePrint() {
  afterPrint();
  const main = /** @type {HTMLElement|null} */ (document.querySelector('main'));
  if (!main || document.body.classList.contains('cover')) return;
  solutions(main);
  footnotes(main);
}

export function afterPrint() {
  for (const node of added) node.remove();
  added = [];
}
