// @ts-check
/**
 * 每个交互图外面的那一圈：标题和任务、控件栏、运行、进度、警报、链接。
 * 图本身由 scenes/ 里的模块来画。这里只用 AFM 的 model（get/set/on/off/save_changes/send），
 * 所以同一份代码在网页、JupyterLab 和 Binder 里都能用。
 */
import { el } from './dom.js';
import { buildPanel } from './panel.js';
import { answersAlone, nearest } from './shell/baked.js';
import { context, contract } from './shell/lent.js';
import { menu, offer } from './shell/menu.js';
import { Notices } from './shell/notices.js';
import { RunBar } from './shell/runbar.js';
import { Sending } from './shell/sending.js';
import { linkTo } from './shell/sharing.js';
import { Transport } from './shell/transport.js';
import { watch } from './shell/watching.js';

/** @typedef {{draw: (scene: any) => void, resize?: () => void, theme?: () => void, destroy?: () => void}} Picture */
/** @typedef {(stage: HTMLElement, ctx: any) => Picture} CreateScene */

export class Shell {
  /** @param {any} model @param {HTMLElement} root @param {CreateScene} create */
  constructor(model, root, create) {
    this.model = model;
    this.root = root;
    this.create = create;
    this.spec = model.get('_spec');
    this.names = this.spec.controls.filter((/** @type {any} */ c) => c.type !== 'button')
      .map((/** @type {any} */ c) => c.name);
    /** @type {Record<string, any>} */
    this.values = Object.fromEntries(this.names.map((/** @type {string} */ n) => [n, model.get(n)]));
    this.start = structuredClone(this.values);
    this.transport = new Transport(model, (answer) => this.take(answer));
    this.sending = new Sending((changes) => this.do({ op: 'set', changes }));
    this.notices = new Notices();
    /** @type {any} */
    this.scene = null;
    this.stops = null;
    /** @type {RunBar|null} 会跑的图才有 */
    this.runner = null;
    this.touched = false;
    /** @type {Picture|null} */
    this.picture = null;
    /** @type {null|(() => void)} 读者动过之后告诉谁 */
    this.onChange = null;
  }

  // —— 和宿主说话 ——

  /** @param {any} request @returns {Promise<any>} */
  ask(request) {
    return this.transport.ask(request);
  }

  /** 收下一个答复：画面、控件、步数。 @param {any} answer */
  take(answer) {
    if (!answer.scene) return answer;
    // 改动的答复回来之前，路上别的答复（正在跑的那一片）还带着旧的控件。
    if (answer.controls && !this.sending.open) {
      Object.assign(this.values, answer.controls);
      this.panel?.update(this.values);
    }
    this.show(answer.scene, true);
    if (this.touched) this.onChange?.();
    return answer;
  }

  /** 正在跑吗。 */
  get running() {
    return Boolean(this.runner?.running);
  }

  /** @param {any} request */
  async do(request) {
    this.touched = true;
    try {
      const answer = await this.ask(request);
      if (request.op === 'set') this.sending.asked = false;
      return this.take(answer);
    } catch (error) {
      if (request.op === 'set') this.sending.asked = false;
      this.complain(/** @type {Error} */ (error).message);
      throw error;
    }
  }

  /** 改控件；连着来的改动合成一次发出去。 @param {Record<string, any>} changes @returns {Promise<any>} */
  set(changes) {
    Object.assign(this.values, changes);
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.panel?.update(this.values);
    this.complain('');
    // 图自己就答得了的改动（沿着旅程走）不必叫醒 Python。
    // Python 没有启动起来的话，能答的也只有它们：接着用预先算好的画面。
    const state = this.model.get('_state');
    if (answersAlone(this.spec, changes) && (state === 'failed' || (state === 'baked' && !this.touched))) {
      this.model.save_changes();
      this.onChange?.();
      if (this.stops) this.showStop();
      else if (this.drawn) this.draw(this.drawn);
      return Promise.resolve(null);
    }
    return this.sending.add(changes);
  }

  // —— 画 ——

  begin() {
    this.build();
    this.model.on('change:_state', this.onState = () => this.stateChanged());
    this.onControl = this.names.map((/** @type {string} */ name) => {
      const listener = () => this.controlFromOutside(name);
      this.model.on('change:' + name, listener);
      return [name, listener];
    });
    this.stateChanged();
    const first = this.model.get('_first');
    if (first) this.show(first, false);
    else {
      this.stage?.classList.add('is-waiting'); // 笔记本里，内核做完排在前面的格子才答。
      this.ask({ op: 'view' }).then((answer) => this.take(answer), (error) => this.complain(error.message));
    }
    const link = this.model.get('_link');
    if (link) this.do({ op: 'restore', state: link }).catch(() => {});
    const frames = this.model.get('_frames');
    if (frames) {
      this.framesReady = frames().then((/** @type {any} */ loaded) => {
        if (this.spec.main === 'steps') {
          this.runner?.offer(loaded, this.scene);
        } else {
          this.stops = loaded;
          this.showStop();
        }
      }).catch((/** @type {Error} */ error) => this.complain('烘焙好的画面没有取到：' + error.message));
    }
  }

  build() {
    const spec = this.spec;
    const root = this.root;
    root.classList.add('explorable-body');
    root.replaceChildren();
    this.stage = el('div', { class: 'ex-stage' });
    this.live = el('p', { class: 'ex-live', 'aria-live': 'polite' });
    this.bar = el('div', { class: 'ex-bar' });
    this.panel = buildPanel(spec.controls.filter((/** @type {any} */ c) => c.where === 'panel'), {
      get: () => this.values,
      set: (/** @type {any} */ changes) => { this.set(changes).catch(() => {}); },
      act: (/** @type {string} */ name) => { this.do({ op: 'act', name }).catch(() => {}); },
    });
    this.panel.update(this.values);
    if (spec.runs) {
      this.runner = new RunBar(this.bar, spec.unit, {
        ask: (/** @type {any} */ request) => this.ask(request),
        do: (/** @type {any} */ request) => this.do(request),
        take: (/** @type {any} */ answer) => this.take(answer),
        draw: (/** @type {any} */ scene) => this.draw(scene),
        begun: () => { this.touched = true; },
        complain: (/** @type {string} */ text) => this.complain(text),
        there: () => this.root.isConnected,
      });
    }
    root.append(
      el('div', { class: 'ex-head' }, el('p', { class: 'ex-title' }, spec.title), el('p', { class: 'ex-task' }, spec.task)),
      this.stage, this.notices.alert, this.live, this.bar, this.panel.element, this.notices.progress, menu(this));
    if (!spec.runs) this.bar.hidden = true;
    const picture = this.create(this.stage, context(this));
    this.picture = picture;
    this.unwatch = watch(this.stage, () => picture.resize?.(), () => picture.theme?.());
  }

  /** 菜单最前面加一个用一次就收起来的按钮。 @param {string} text @param {string} what @param {() => any} press */
  offer(text, what, press) {
    offer(this.root.querySelector('.ex-menu'), text, what, press);
  }

  /** 收到一幅画面：记进可以往回拖的一串里，再画出来。 @param {any} scene @param {boolean} fromHost */
  show(scene, fromHost) {
    this.scene = scene;
    this.runner?.keep(scene, fromHost);
    this.draw(scene);
    this.notices.warn(scene.alert, this.spec.runs ? () => { this.do({ op: 'back' }).catch(() => {}); } : null);
  }

  /** @param {any} scene */
  draw(scene) {
    this.drawn = scene;
    this.stage?.classList.remove('is-waiting');
    try {
      this.picture?.draw(scene);
    } catch (error) {
      this.complain('这幅图没有画出来：' + /** @type {Error} */ (error).message);
      console.error(error);
    }
  }

  /** 只有烘焙画面时，按主控件的值找最近的一幅。 */
  showStop() {
    const stops = this.stops;
    if (!stops || (this.touched && this.model.get('_state') !== 'failed')) return;
    this.scene = nearest(stops, this.values[this.spec.main]);
    this.draw(this.scene);
  }

  pause() {
    this.runner?.pause();
  }

  async restoreAll() {
    this.pause();
    const state = this.model.get('_state');
    if (state === 'failed' || (state === 'baked' && !this.touched)) {
      this.complain('');
      Object.assign(this.values, structuredClone(this.start));
      for (const name of this.names) this.model.set(name, this.values[name]);
      this.panel?.update(this.values);
      const first = this.model.get('_first');
      if (first) this.show(first, false);
      return;
    }
    await this.set(structuredClone(this.start)).catch(() => {});
    await this.do({ op: 'reset' }).catch(() => {});
  }

  // —— 状态 ——

  stateChanged() {
    const state = this.model.get('_state') ?? 'live';
    const outer = this.root.closest('.explorable') ?? this.root;
    outer.setAttribute('data-state', state);
    this.notices.waking(state, this.model.get('_detail'));
  }

  /** @param {string} text */
  complain(text) {
    this.notices.complain(text);
  }

  /** 念给读屏器的一句话。 @param {string} text */
  say(text) {
    if (this.live && this.live.textContent !== text) this.live.textContent = text;
  }

  /** @param {string} name */
  controlFromOutside(name) {
    const value = this.model.get(name);
    if (JSON.stringify(value) === JSON.stringify(this.values[name])) return;
    this.values[name] = value;
    this.panel?.update(this.values);
  }

  // —— 链接 ——

  async state() {
    if (this.model.get('_state') === 'baked') {
      return { class: this.model.get('_class'), start: this.values, steps: 0, log: [] };
    }
    return (await this.ask({ op: 'state' })).state;
  }

  async link() {
    return linkTo(this.model.get('_id') ?? '', await this.state());
  }

  /** 给脚本、读屏器和测试用的约定：explorable(id)。 */
  contract() {
    return contract(this);
  }

  destroy() {
    this.pause();
    this.transport.close();
    this.model.off('change:_state', this.onState);
    for (const [name, listener] of this.onControl ?? []) this.model.off('change:' + name, listener);
    this.unwatch?.();
    this.picture?.destroy?.();
  }
}
