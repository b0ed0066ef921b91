// @ts-check
/** 会跑的图下面的那一条：运行、一步（或者一局、一次）、重来，和一条可以往回拖的过程。 */
import { button, el, svgIcon } from '../dom.js';

const KEPT = 80; // 留下多少幅，供读者往回拖；再多就隔一幅丢一幅。

/**
 * @typedef {object} Host
 * @property {(request: any) => Promise<any>} ask @property {(request: any) => Promise<any>} do
 * @property {(answer: any) => any} take @property {(scene: any) => void} draw
 * @property {() => void} begun 开始跑了 @property {(text: string) => void} complain
 * @property {() => boolean} there 图还在页上吗
 */

/** 走了几步。换了设置就另走一趟的图，自己数这一趟的（``updates``）。 @param {any} scene @returns {number} */
const counted = (scene) => scene.updates ?? scene.steps ?? 0;

export class RunBar {
  /** @param {HTMLElement} bar @param {string} unit 一步叫什么 @param {Host} host */
  constructor(bar, unit, host) {
    this.unit = unit;
    this.host = host;
    /** @type {{steps: number, scene: any}[]} */
    this.frames = [];
    this.fromHost = false; // 这一串是算出来的，还是烘焙好的
    this.running = false;
    this.looping = false;
    this.toggle = button('运行', '开始或暂停', () => { if (this.running) this.pause(); else this.run(); }, 'run');
    this.toggle.classList.add('primary');
    this.scrub = /** @type {HTMLInputElement} */ (el('input', {
      type: 'range', min: '0', max: '0', value: '0', step: '1', 'aria-label': '往回看过程',
    }));
    this.label = el('output', { class: 'ex-steps' });
    this.scrub.addEventListener('input', () => {
      this.pause();
      const frame = this.frames[Number(this.scrub.value)];
      if (frame) host.draw(frame.scene);
      this.tell();
    });
    const once = (/** @type {any} */ request) => {
      this.pause();
      host.do(request).catch(() => {});
    };
    bar.append(this.toggle,
      button(`一${unit}`, `只来一${unit}`, () => once({ op: 'step', n: 1 })),
      button('重来', '用同样的设置从头来', () => once({ op: 'reset' })),
      el('label', { class: 'ex-scrub' }, this.scrub, this.label));
  }

  // —— 过程 ——

  /** 烘焙好的一串；已经算出过自己的，就不要它。 @param {{values: number[], scenes: any[]}} loaded @param {any} scene 现在画着的 */
  offer(loaded, scene) {
    if (!this.fromHost) this.frames = loaded.scenes.map((one) => ({ steps: counted(one), scene: one }));
    this.changed(scene);
  }

  /** 收到一幅画面，记进这一串里。 @param {any} scene @param {boolean} fromHost 是算出来的，不是烘焙的第一幅 */
  keep(scene, fromHost) {
    const steps = counted(scene);
    if (fromHost) {
      const last = this.frames[this.frames.length - 1];
      if (!last || steps < last.steps || !this.fromHost) this.frames = this.frames.filter((f) => this.fromHost && f.steps < steps);
      this.fromHost = true;
      if (this.frames.length && this.frames[this.frames.length - 1].steps === steps) this.frames.pop();
    }
    if (fromHost || !this.frames.length) this.frames.push({ steps, scene });
    if (this.frames.length > KEPT) this.frames = this.frames.filter((_, i) => i % 2 === 0 || i === this.frames.length - 1);
    this.changed(scene);
  }

  /** @param {any} scene */
  changed(scene) {
    const last = this.frames.length - 1;
    this.scrub.max = String(Math.max(0, last));
    const index = this.frames.findIndex((f) => f.scene === scene);
    this.scrub.value = String(this.fromHost ? last : Math.max(0, index));
    this.scrub.disabled = last < 1;
    this.tell();
  }

  tell() {
    const frame = this.frames[Number(this.scrub.value)];
    const text = `第 ${frame ? frame.steps : 0} ${this.unit}`;
    this.label.textContent = text;
    this.scrub.setAttribute('aria-valuetext', text);
  }

  // —— 跑 ——

  async run() {
    if (this.running) return;
    this.running = true;
    this.face();
    if (this.looping) return; // 刚暂停又运行：上一圈还没停下，让它接着跑。
    this.looping = true;
    this.host.begun();
    const slice = () => this.host.ask({ op: 'slice' });
    let next = slice();
    try {
      for (;;) {
        const answer = await next;
        const more = this.running && this.host.there() && answer.moved;
        // 这一幅还没画，下一片已经在算：worker 和画面各忙各的。
        if (more) next = slice();
        this.host.take(answer);
        if (!more) break; // 暂停了，或者走不动了：发散，或者已经到头。
        await nextFrame();
      }
    } catch (error) {
      this.host.complain(/** @type {Error} */ (error).message);
    }
    this.looping = false;
    this.pause();
  }

  pause() {
    this.running = false;
    this.face();
  }

  /** 按钮上写的是按下去会怎样。 */
  face() {
    const text = this.running ? '暂停' : '运行';
    const label = this.toggle.querySelector('span');
    if (!label || label.textContent === text) return;
    label.textContent = text;
    this.toggle.querySelector('svg')?.replaceWith(svgIcon(this.running ? 'pause' : 'run'));
  }
}

function nextFrame() {
  // 看不见的页面不会有下一帧，那就慢慢走。
  return new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve, 100);
    else requestAnimationFrame(resolve);
  });
}
