// @ts-check
/**
 * 一块能改的代码：先是构建时就上好色的原文，读者要改时才取来编辑器。
 * 改过的留在读者自己的浏览器里，连同它改自的原文：原文后来变了，就不悄悄换上旧的修改。
 */
import { el } from '../dom.js';

export class CodeBox {
  /**
   * @param {HTMLElement} pre 静态的代码
   * @param {{key: string, name: string, run: () => void, changed: () => void, opened: () => void}} options
   */
  constructor(pre, options) {
    this.pre = pre;
    this.options = options;
    this.frame = /** @type {HTMLElement} */ (pre.closest('.highlight') ?? pre);
    this.base = (pre.textContent ?? '').replace(/\n$/, '');
    this.original = pre.innerHTML;
    /** @type {string} */
    this.text = this.base;
    /** @type {any} */
    this.editor = null;
    /** @type {Promise<any>|null} */
    this.loading = null;
    /** @type {string|null} 改自别的原文的旧修改 */
    this.stale = null;
    /** 同修改一起记着的东西：代码题记着对没对。 @type {any} */
    this.extra = {};
    /** @type {any} */
    this.timer = 0;
    this.remembered();
    pre.addEventListener('click', (event) => {
      // 手指点到代码常常只是在翻页，手机上要按「改」才打开键盘。
      if (matchMedia('(pointer: coarse)').matches || !getSelection()?.isCollapsed) return;
      this.edit(offsetAt(pre, event)).catch(() => {});
    });
    addEventListener('pagehide', () => { if (this.timer) this.keep(); });
  }

  get edited() {
    return this.text !== this.base;
  }

  // ── 存着的修改 ──────────────────────────────────────────────────────────────

  remembered() {
    try {
      const saved = JSON.parse(localStorage.getItem(this.options.key) ?? 'null');
      if (typeof saved?.text !== 'string') return;
      const { base, text, ...extra } = saved;
      this.extra = extra;
      if (base === this.base) this.replace(text);
      else this.stale = text;
    } catch { /* 浏览器可能不许存东西；那样只是下次不记得。 */ }
  }

  keep() {
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      if (this.edited) localStorage.setItem(this.options.key, JSON.stringify({ base: this.base, text: this.text, ...this.extra }));
      else localStorage.removeItem(this.options.key);
    } catch { /* 见 remembered */ }
  }

  /** 旧的修改：用上，或者丢掉。 @param {boolean} use */
  settleStale(use) {
    const text = this.stale;
    this.stale = null;
    if (use && text !== null) this.replace(text);
    this.keep();
    this.options.changed();
  }

  // ── 改 ──────────────────────────────────────────────────────────────────────

  /** 换成这份代码。 @param {string} text */
  replace(text) {
    this.text = text;
    if (this.editor) this.editor.set(text);
    if (this.edited) this.pre.textContent = text + '\n';
    else this.pre.innerHTML = this.original;
  }

  restore() {
    this.replace(this.base);
    this.options.changed();
    this.keep();
  }

  /** 打开编辑器。 @param {number} [at] 光标放在第几个字符 */
  async edit(at) {
    this.loading ??= import('./cells-editor.js');
    try {
      const { openEditor } = await this.loading;
      if (!this.editor) {
        const holder = el('div', { class: 'highlight cell-editor' });
        this.frame.after(holder);
        this.frame.hidden = true;
        this.editor = openEditor({
          parent: holder,
          text: this.text,
          name: this.options.name,
          run: this.options.run,
          change: (/** @type {string} */ text) => {
            this.text = text;
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.keep(), 300);
            this.options.changed();
          },
        });
        this.options.opened();
      }
      this.editor.focus(at);
    } catch (error) {
      this.loading = null;
      throw error;
    }
  }
}

/** 点在第几个字符上。 @param {HTMLElement} pre @param {MouseEvent} event */
function offsetAt(pre, event) {
  const scope = /** @type {any} */ (document);
  const found = scope.caretPositionFromPoint?.(event.clientX, event.clientY);
  const range = found ? null : scope.caretRangeFromPoint?.(event.clientX, event.clientY);
  const node = found ? found.offsetNode : range?.startContainer;
  if (!node || !pre.contains(node)) return undefined;
  const before = document.createRange();
  before.setStart(pre, 0);
  before.setEnd(node, found ? found.offset : range.startOffset);
  return before.toString().length;
}
