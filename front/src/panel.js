// @ts-check
/** 图外的控件栏：每个控件一个原生的表单元素，名字和值都是中文能读的。 */
import { el } from './dom.js';

let count = 0;

/** 按比例走的滑杆：第 0…200 格各是多少。 @param {any} spec */
function logTable(spec) {
  return Array.from({ length: 201 }, (_, i) => spec.low * (spec.high / spec.low) ** (i / 200));
}

/** @param {number} value @param {any} spec */
export function format(value, spec) {
  const digits = spec.step >= 1 ? 0 : spec.step >= 0.1 ? 1 : 2;
  const text = spec.log ? String(Number(value.toPrecision(2))) : value.toFixed(digits);
  return (text + (spec.unit ? ' ' + spec.unit : '')).replace('-', '−');
}

/**
 * @param {any[]} specs
 * @param {{get: () => any, set: (changes: any) => void, act: (name: string) => void}} host
 */
export function buildPanel(specs, host) {
  const element = el('div', { class: 'ex-panel' });
  /** @type {((values: any) => void)[]} */
  const updates = [];
  for (const spec of specs) {
    const id = `ex-c${++count}`;
    if (spec.type === 'slider') {
      const table = spec.log ? logTable(spec) : null;
      const input = /** @type {HTMLInputElement} */ (el('input', {
        type: 'range', id, 'data-control': spec.name,
        min: table ? '0' : String(spec.low), max: table ? '200' : String(spec.high), step: table ? '1' : String(spec.step),
      }));
      const output = el('output', { for: id });
      const read = () => (table ? Number(table[Number(input.value)].toPrecision(3)) : Number(input.value));
      input.addEventListener('input', () => host.set({ [spec.name]: read() }));
      element.append(el('div', { class: 'ex-control' }, el('label', { for: id }, spec.label), input, output));
      updates.push((values) => {
        const value = values[spec.name];
        if (table) {
          let best = 0;
          table.forEach((v, i) => { if (Math.abs(v - value) < Math.abs(table[best] - value)) best = i; });
          input.value = String(best);
        } else input.value = String(value);
        output.textContent = format(value, spec);
        input.setAttribute('aria-valuetext', format(value, spec));
      });
    } else if (spec.type === 'choice') {
      const select = /** @type {HTMLSelectElement} */ (el('select', { id, 'data-control': spec.name },
        ...spec.options.map((/** @type {[string, string]} */ [value, name]) => el('option', { value }, name))));
      select.addEventListener('change', () => host.set({ [spec.name]: select.value }));
      element.append(el('div', { class: 'ex-control' }, el('label', { for: id }, spec.label), select));
      updates.push((values) => { select.value = values[spec.name]; });
    } else if (spec.type === 'toggle') {
      const input = /** @type {HTMLInputElement} */ (el('input', { type: 'checkbox', id, 'data-control': spec.name }));
      input.addEventListener('change', () => host.set({ [spec.name]: input.checked }));
      element.append(el('div', { class: 'ex-control ex-toggle' }, input, el('label', { for: id }, spec.label)));
      updates.push((values) => { input.checked = values[spec.name]; });
    } else if (spec.type === 'button') {
      const node = el('button', { type: 'button', class: 'ex-button', 'data-control': spec.name }, spec.label);
      node.addEventListener('click', () => host.act(spec.name));
      element.append(node);
    } else {
      throw new Error(`控件栏不会画「${spec.label}」（${spec.type}），它要画在图里`);
    }
  }
  if (!specs.length) element.hidden = true;
  return { element, update: (/** @type {any} */ values) => updates.forEach((f) => f(values)) };
}
