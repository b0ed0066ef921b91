// @ts-check
/** 一格运行出来的东西：文字、值、表、图和错误，一件一件地接在代码下面。 */
import { el } from '../dom.js';

const TAGS = new Set(('table thead tbody tfoot tr th td caption p div span b strong i em code pre br hr ul ol li '
  + 'dl dt dd h1 h2 h3 h4 h5 h6 sub sup small').split(' '));
const ATTRIBUTES = new Set(['colspan', 'rowspan', 'scope', 'title', 'lang']);

/**
 * 读者的对象自己写的 HTML：只留下表格和文字的标记，样式、脚本、链接、图片都去掉。
 * @param {string} html
 */
export function sanitised(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const fragment = document.createDocumentFragment();
  /** @param {Node} from @param {Node} into */
  const copy = (from, into) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) into.appendChild(document.createTextNode(node.nodeValue ?? ''));
      if (!(node instanceof Element)) continue;
      const tag = node.tagName.toLowerCase();
      if (['script', 'style', 'template', 'iframe', 'svg', 'math', 'object'].includes(tag)) continue;
      if (!TAGS.has(tag)) {
        copy(node, into);
        continue;
      }
      const clean = document.createElement(tag);
      for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) clean.setAttribute(name, value);
      copy(node, clean);
      into.appendChild(clean);
    }
  };
  copy(parsed.body, fragment);
  return fragment;
}

/** 反引号里的是代码。 @param {string} text */
export function withCode(text) {
  return text.split('`').map((part, index) => (index % 2 ? el('code', {}, part) : part));
}

export class Result {
  /**
   * @param {string} label 这一格叫什么，出错时别的格也这样称呼
   * @param {(event: any, buffers: any[], into: HTMLElement) => void} draw 画交互图和 plotly 的图
   */
  constructor(label, draw) {
    this.label = label;
    this.draw = draw;
    this.element = el('div', { class: 'cell_output cell-result', hidden: '' });
    /** @type {Text|null} 正在往里接文字的那一块 */
    this.tail = null;
    this.stream = '';
  }

  clear() {
    this.element.replaceChildren();
    this.element.hidden = true;
    this.tail = null;
  }

  /** @param {Node} node */
  add(node) {
    this.tail = null;
    this.element.append(node);
    this.element.hidden = false;
  }

  /** @param {any} event @param {any[]} buffers */
  hear(event, buffers) {
    if (event.type === 'text') this.print(event.stream, event.text);
    else if (event.type === 'value') this.value(event);
    else if (event.type === 'full') this.say('输出太长，后面的不再显示。代码还在跑，不想等就按「停」。');
    else if (event.type === 'scene' || event.type === 'figure') {
      const place = el('div', { class: 'output text_html' });
      this.add(place);
      this.draw(event, buffers, place);
    }
  }

  /** @param {string} kind @param {Text} text */
  block(kind, text) {
    return el('div', { class: `output ${kind}` }, el('div', { class: 'highlight' }, el('pre', {}, text)));
  }

  /** @param {string} stream @param {string} text */
  print(stream, text) {
    if (!this.tail || this.stream !== stream) {
      const tail = document.createTextNode('');
      this.add(this.block(stream === 'stderr' ? 'stream stderr' : 'stream', tail));
      this.tail = tail;
      this.stream = stream;
    }
    const tail = /** @type {Text} */ (this.tail);
    if (text.includes('\r')) {
      // 进度条：回车回到行首，只看最后写的那一遍。
      tail.data = (tail.data + text).split('\n').map((line) => line.replace(/\r+$/, '').split('\r').pop()).join('\n');
    } else tail.appendData(text);
  }

  /** 最后一行的值：自己会写 HTML 的用它（洗过），会画 SVG 的当图片，别的是文字。 @param {any} event */
  value(event) {
    if (event.svg) {
      const url = URL.createObjectURL(new Blob([event.svg], { type: 'image/svg+xml' }));
      const image = el('img', { src: url, alt: event.text });
      image.addEventListener('load', () => URL.revokeObjectURL(url));
      this.add(el('div', { class: 'output' }, image));
    } else if (event.html) {
      const box = el('div', { class: 'output text_html scroll' });
      box.append(sanitised(event.html));
      this.add(box);
    } else this.add(this.block('text_plain', document.createTextNode(event.text + '\n')));
  }

  /** 一句说明。 @param {string} text */
  say(text) {
    this.add(el('p', { class: 'cell-note' }, ...withCode(text)));
  }

  /**
   * 错误：哪一行，Python 说了什么，一句提示。
   * @param {any} error @param {null|(() => void)} runToHere
   */
  error(error, runToHere) {
    const box = el('div', { class: 'cell-error', role: 'alert' });
    /** @type {any[]} */
    const places = error.places;
    places.forEach((place, index) => {
      const elsewhere = place.cell === this.label ? '' : `代码 ${place.cell} 的`;
      const how = index < places.length - 1 ? '调用了' : '出错';
      box.append(el('div', { class: 'cell-error-place' },
        el('span', {}, places.length > 1 ? `${elsewhere}第 ${place.line} 行${how}` : `${elsewhere}第 ${place.line} 行`),
        el('code', {}, place.text)));
    });
    box.append(el('p', { class: 'cell-error-said' }, el('code', {}, error.name), error.message ? `：${error.message}` : ''));
    if (error.hint) box.append(el('p', { class: 'cell-error-hint' }, ...withCode(error.hint)));
    if (runToHere && error.hint.includes('「运行到这里」')) {
      const button = el('button', { type: 'button', class: 'cell-button' }, '运行到这里');
      button.addEventListener('click', runToHere);
      box.append(button);
    }
    this.add(box);
  }

  /** 跑完了：装不下、要滚着看的，键盘也走得到。 */
  finish() {
    for (const box of this.element.querySelectorAll('.highlight')) {
      if (box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth) continue;
      for (const [name, value] of Object.entries({ tabindex: '0', role: 'region', 'aria-label': '运行结果' })) box.setAttribute(name, value);
    }
  }

  /** 线程没有了：画着的图停在这里。 */
  freeze() {
    for (const scene of this.element.querySelectorAll('.explorable')) {
      if (/** @type {HTMLElement} */ (scene).inert) continue;
      /** @type {HTMLElement} */ (scene).inert = true;
      scene.after(el('p', { class: 'cell-note' }, '计算线程停过，这幅图停在了当时的样子。重新运行这一格，它就又能动。'));
    }
  }
}
