// @ts-check
/**
 * 网页上的练习：题目本来就读得到，这里让它能当场作答。判断的办法和 mlcore/exercises/verdict.py
 * 一样，用的是同一份数据；答案留在读者自己的浏览器里。
 */
import { el } from '../dom.js';

/**
 * @typedef {{name: string, hint: string, option?: number, low?: number, high?: number}} Wrong
 * @typedef {{id: string, kind: string, wrong: Wrong[], right?: number, answer?: number,
 *            tolerance?: number, unit?: string, nudge?: string}} Data
 * @typedef {{right: boolean, name: string, hint: string}} Verdict
 */

const LETTERS = 'ABCDEFGH';

/** 选项的次序号，或者一个数。 @param {Data} data @param {number} answer @returns {Verdict} */
export function judge(data, answer) {
  const isRight = data.kind === 'choice'
    ? answer === data.right
    : Math.abs(answer - Number(data.answer)) <= Number(data.tolerance);
  if (isRight) return { right: true, name: '', hint: '' };
  const wrong = data.wrong.find((item) => (data.kind === 'choice'
    ? item.option === answer
    : Number(item.low) <= answer && answer <= Number(item.high)));
  return { right: false, name: wrong?.name ?? '', hint: wrong?.hint ?? data.nudge ?? '' };
}

/**
 * 读者写的数：全角的数字和负号、分数、末尾的单位都认得；百分号是除以 100，单位本来就是它时不算。
 * 不是数就返回 null。
 * @param {string} text @param {string} [unit] @returns {number|null}
 */
export function parseNumber(text, unit = '') {
  let plain = text.normalize('NFKC').replace(/[−–—﹣]/g, '-').replace(/[。]/g, '.').replace(/\s/g, '');
  const percent = unit !== '%' && plain.endsWith('%');
  if (percent) plain = plain.slice(0, -1);
  else if (unit && plain.endsWith(unit)) plain = plain.slice(0, -unit.length);
  const number = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?';
  const match = new RegExp(`^(${number})(?:/(${number}))?$`, 'i').exec(plain);
  if (!match) return null;
  const value = Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2])) / (percent ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

/** @param {string} id */
const storageKey = (id) => `exercise:${id}`;

/** 浏览器可能不许存东西；那样只是下次不记得。 @param {string} id */
function remembered(id) {
  try {
    return JSON.parse(localStorage.getItem(storageKey(id)) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} id @param {string} answer */
function remember(id, answer) {
  try {
    localStorage.setItem(storageKey(id), JSON.stringify({ answer }));
  } catch { /* 见 remembered */ }
}

/** 一道题。 @param {HTMLElement} root */
export function mount(root) {
  const text = root.querySelector('script.exercise-data')?.textContent;
  if (!text || root.dataset.ready) return;
  root.dataset.ready = 'true';
  /** @type {Data} */
  const data = JSON.parse(text);
  if (data.kind === 'code') return void mountCode(root, data);

  const question = /** @type {HTMLElement} */ (root.querySelector('.exercise-question'));
  question.id = `${root.id}-question`;
  const form = el('form', { class: 'exercise-form', novalidate: '' });
  const verdict = el('p', { class: 'exercise-verdict', role: 'status' });
  const answering = data.kind === 'choice' ? choice(root, question) : number(root, question, data);
  form.append(answering.field, el('button', { type: 'submit', class: 'exercise-check' }, '检查'));
  root.querySelector('.exercise-options')?.remove();
  root.querySelector('.exercise-how')?.replaceWith(form, verdict);

  const show = () => {
    const written = answering.read();
    const value = data.kind === 'choice' ? LETTERS.indexOf(written || '?') : parseNumber(written, data.unit);
    if (value === null || value < 0 && data.kind === 'choice') {
      say('empty', data.kind === 'choice' ? '先选一个。' : '这里要填一个数，比如 −1.5、2/3 或 12%。');
      return;
    }
    const result = judge(data, value);
    say(result.right ? 'right' : 'wrong', result.right ? '对了。' : `还不对。${result.hint}`);
    root.dataset.misconception = result.name;
    remember(data.id, written);
  };
  /** @param {string} state @param {string} html */
  const say = (state, html) => {
    root.dataset.verdict = state;
    verdict.innerHTML = html; // 提示是构建时由 mlcore 转义好的 HTML
    typeset(verdict);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    show();
  });
  form.addEventListener('input', () => {
    delete root.dataset.verdict;
    verdict.textContent = '';
  });
  const before = remembered(data.id);
  if (typeof before?.answer === 'string' && answering.write(before.answer)) show();
}

/** 四选一：原来列着的选项变成单选钮。 @param {HTMLElement} root @param {HTMLElement} question */
function choice(root, question) {
  const field = el('fieldset', { class: 'exercise-choices', 'aria-labelledby': question.id });
  const items = [...root.querySelectorAll('.exercise-options > p > span')];
  /** @type {HTMLInputElement[]} */
  const inputs = items.map((item, index) => {
    const input = /** @type {HTMLInputElement} */ (el('input', {
      type: 'radio', name: `${root.id}-answer`, value: LETTERS[index],
    }));
    const words = el('span', {});
    words.innerHTML = item.innerHTML;
    field.append(el('label', {}, input, el('b', { 'aria-hidden': 'true' }, LETTERS[index]), words));
    return input;
  });
  return {
    field,
    read: () => inputs.find((input) => input.checked)?.value ?? '',
    /** @param {string} letter */
    write: (letter) => {
      const input = inputs.find((item) => item.value === letter);
      if (input) input.checked = true;
      return Boolean(input);
    },
  };
}

/** 填一个数。 @param {HTMLElement} root @param {HTMLElement} question @param {Data} data */
function number(root, question, data) {
  const input = /** @type {HTMLInputElement} */ (el('input', {
    // 手机的数字键盘常常没有负号，所以不写 inputmode。
    type: 'text', id: `${root.id}-answer`, autocomplete: 'off', spellcheck: 'false',
    'aria-describedby': question.id,
  }));
  const label = el('label', { class: 'exercise-number', for: input.id }, '你的答案', input);
  if (data.unit) label.append(data.unit);
  return {
    field: label,
    read: () => input.value,
    /** @param {string} text */
    write: (text) => {
      input.value = text;
      return true;
    },
  };
}

/** 写代码的题就在这里写；网站里没有 Python，就带到笔记本里去写。 @param {HTMLElement} root @param {Data} data */
async function mountCode(root, data) {
  const { mountCodeExercise } = await import('./cells-exercise.js');
  if (!mountCodeExercise(root, data, typeset)) mountCopy(root);
}

/** 一个按钮，把开头和检查的那一行一起带走。 @param {HTMLElement} root */
function mountCopy(root) {
  const starter = root.querySelector('.exercise-code')?.textContent ?? '';
  const call = root.querySelector('.exercise-how code')?.textContent ?? '';
  const how = root.querySelector('.exercise-how');
  const button = el('button', { type: 'button', class: 'exercise-check' }, '复制开头和检查');
  const said = el('span', { role: 'status' });
  const snippet = `from mlcore.exercises import check\n\n${starter.trim()}\n\n${call}\n`;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(snippet);
      said.textContent = '已经复制，粘到笔记本的一格里。';
    } catch {
      said.textContent = '浏览器不让复制，请选中上面的代码自己复制。';
    }
  });
  how?.after(el('p', { class: 'exercise-form' }, button, said));
}

/** 提示里可能有公式；MathJax 来了就排版，没来就先是原文（它来的时候会排全页的）。 @param {HTMLElement} node */
async function typeset(node) {
  const formulas = node.querySelectorAll('.math');
  const mathjax = /** @type {any} */ (window).MathJax;
  if (!formulas.length || !mathjax?.typesetPromise) return;
  await mathjax.typesetPromise([node]);
  for (const formula of formulas) formula.classList.add('done');
}

/** 页上的全部练习。 */
export function begin() {
  for (const root of document.querySelectorAll('.exercise[data-exercise]')) {
    mount(/** @type {HTMLElement} */ (root));
  }
}
