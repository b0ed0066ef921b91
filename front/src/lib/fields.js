// @ts-check
/** 图旁边的表单：矩阵、滑杆、几选一。都是原生的表单元素，键盘和读屏软件本来就会用。 */

import { number } from './axes.js';

let serial = 0;

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {Record<string, string>} attributes @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const key of Object.keys(attributes)) node.setAttribute(key, attributes[key]);
  node.append(...children);
  return node;
}

/**
 * 一个能敲数字的矩阵（或列向量），两边是方括号。
 * @param {{label: string, rows: number, columns: number, low: number, high: number, headings?: string[],
 *   onInput: (values: number[][]) => void, onBad: (message: string) => void}} options
 */
export function matrixField({ label, rows, columns, low, high, headings, onInput, onBad }) {
  const grid = html('div', { class: 'matrix', role: 'group', 'aria-label': label });
  grid.style.setProperty('--columns', String(columns));
  for (const heading of headings ?? []) {
    grid.append(html('span', { class: 'matrix-heading', 'aria-hidden': 'true' }, heading));
  }
  const body = html('div', { class: 'matrix-body' });
  grid.append(body);
  /** @type {number[][]} */
  let now = Array.from({ length: rows }, () => Array(columns).fill(0));
  /** @type {HTMLInputElement[]} */
  const inputs = [];
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const where = columns > 1 ? `${label}，第 ${i + 1} 行第 ${j + 1} 列` : `${label}，第 ${i + 1} 个数`;
      const input = html('input', { type: 'number', step: '0.1', 'aria-label': where });
      input.addEventListener('input', () => {
        const value = input.valueAsNumber;
        const good = value >= low && value <= high;
        input.classList.toggle('is-bad', !good);
        if (!good) {
          onBad(`「${where}」要一个 ${number(low)} 到 ${number(high)} 之间的数。`);
          return;
        }
        now = now.map((row, r) => row.map((old, c) => (r === i && c === j ? value : old)));
        onInput(now);
      });
      input.addEventListener('blur', () => write(now));
      inputs.push(input);
      body.append(input);
    }
  }

  /** @param {number[][]} values */
  function write(values) {
    now = values;
    inputs.forEach((input, k) => {
      if (input === document.activeElement) return; // 正在敲的那一格不去动它
      input.classList.remove('is-bad');
      const value = values[Math.floor(k / columns)][k % columns];
      input.value = String(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1)) || 0);
    });
  }
  return { element: grid, update: write };
}

/**
 * 一条带名字和读数的滑杆。
 * @param {{label: string, name?: string, low: number, high: number, step: number,
 *   text: (value: number) => string, onInput: (value: number) => void, onEnd?: () => void, instead?: Node}} options
 *   name 读屏软件念的名字（和 label 不同时才要），instead 放在读数的位置上、代替读数
 */
export function sliderField({ label, name, low, high, step, text, onInput, onEnd, instead }) {
  const id = `field-${(serial += 1)}`;
  const input = html('input', { type: 'range', id, min: String(low), max: String(high), step: String(step) });
  if (name) input.setAttribute('aria-label', name);
  const output = html('output', { for: id });
  const element = html('div', { class: 'knob' }, html('label', { for: id }, label), input, instead ?? output);
  input.addEventListener('input', () => onInput(Number(input.value)));
  input.addEventListener('change', () => onEnd?.());
  return {
    element,
    input,
    /** @param {number} value */
    update(value) {
      input.value = String(value);
      output.textContent = text(value);
      input.setAttribute('aria-valuetext', text(value));
    },
  };
}

/**
 * 并排的几选一（单选按钮）。
 * @param {{label: string, options: [string, string][], onPick: (value: string) => void}} options
 */
export function choiceField({ label, options, onPick }) {
  const name = `field-${(serial += 1)}`;
  const element = html('div', { class: 'pick', role: 'radiogroup', 'aria-label': label });
  const inputs = options.map(([value, text]) => {
    const input = html('input', { type: 'radio', name, value });
    input.addEventListener('change', () => input.checked && onPick(value));
    element.append(html('label', {}, input, html('span', {}, text)));
    return input;
  });
  return {
    element,
    /** @param {string} value */
    update(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}
