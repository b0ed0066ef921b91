// @ts-check
/** 把状态带走：能回到现在的链接，和笔记本里的一段代码。 */
import { el } from '../dom.js';

/** @param {string} id 图的编号 @param {any} state */
export function linkTo(id, state) {
  const text = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state))))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const url = new URL(location.href);
  url.hash = `${id}=${text}`;
  return url.href;
}

/** @param {any} state */
export function snippet(state) {
  return `from mlcore.widgets import restore\n\nrestore(${pythonLiteral(state)})`;
}

/**
 * 复制一段文字；浏览器不让，就摆在 ``place`` 里让读者自己复制。
 * @param {string} text @param {HTMLElement|null|undefined} place @returns {Promise<boolean>} 复制成了没有
 */
export async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el('textarea', { class: 'ex-copy', readonly: '', 'aria-label': '请手动复制' });
    area.textContent = text;
    place?.replaceChildren(el('p', {}, '浏览器不让自动复制，请手动复制：'), area);
    if (place) place.hidden = false;
    return false;
  }
}

/** JSON → Python 字面量。 @param {any} value @returns {string} */
export function pythonLiteral(value) {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return '[' + value.map(pythonLiteral).join(', ') + ']';
  if (typeof value === 'object') {
    return '{' + Object.entries(value).map(([k, v]) => JSON.stringify(k) + ': ' + pythonLiteral(v)).join(', ') + '}';
  }
  return JSON.stringify(value);
}
