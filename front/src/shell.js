// @ts-check
/**
 * 每个交互图外面的那一圈：标题和任务、控件栏、运行、进度、警报、链接。
 * 图本身由 scenes/ 里的模块来画。这里只用 AFM 的 model（get/set/on/off/save_changes/send），
 * 所以同一份代码在网页、JupyterLab 和 Binder 里都能用。
 */
import { plain } from './codec.js';
import { button, el } from './dom.js';
import { buildPanel } from './panel.js';
import { hands } from './page/hands.js';
import { RunBar } from './shell/runbar.js';
import { copyText, linkTo, snippet } from './shell/sharing.js';
import { Transport } from './shell/transport.js';

const LONGEST_REST = 250; // 毫秒

/** @typedef {{draw: (scene: any) => void, resize?: () => void, theme?: () => void, destroy?: () => void}} Picture */
/** @typedef {(stage: HTMLElement, ctx: any) => Picture} CreateScene */

/**
 * 把一个场景模块包成 AFM 的前端模块。
 * @param {CreateScene} create
 */
export function widget(create) {
  return {
    /** @param {{model: any, el: HTMLElement}} given */
    render({ model, el: root }) {
      const shell = new Shell(model, root, create);
      root.classList.add('in-notebook');
      shell.begin();
      return () => shell.destroy();
    },
  };
}

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
    this.width = 0;
    this.transport = new Transport(model, (answer) => this.take(answer));
    /** @type {any} */
    this.scene = null;
    this.stops = null;
    /** @type {RunBar|null} 会跑的图才有 */
    this.runner = null;
    this.touched = false;
    /** @type {null|{changes: any, resolve: ((value: any) => void)[], reject: ((error: Error) => void)[]}} */
    this.pending = null;
    this.sending = false;
    this.asked = false; // 改动已经发出去，答复还没有回来
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
    if (answer.controls && !this.pending && !this.asked) {
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
      if (request.op === 'set') this.asked = false;
      return this.take(answer);
    } catch (error) {
      if (request.op === 'set') this.asked = false;
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
    const answered = Object.keys(changes).every((name) => name === this.spec.main
      || this.spec.controls.find((/** @type {any} */ c) => c.name === name)?.local);
    // Python 没有启动起来的话，能答的也只有它们：接着用预先算好的画面。
    const state = this.model.get('_state');
    if (answered && (state === 'failed' || (state === 'baked' && !this.touched))) {
      this.model.save_changes();
      this.onChange?.();
      if (this.stops) this.showStop();
      else if (this.drawn) this.draw(this.drawn);
      return Promise.resolve(null);
    }
    return new Promise((resolve, reject) => {
      this.pending ??= { changes: {}, resolve: [], reject: [] };
      Object.assign(this.pending.changes, changes);
      this.pending.resolve.push(resolve);
      this.pending.reject.push(reject);
      this.flush();
    });
  }

  async flush() {
    if (this.sending || !this.pending) return;
    const batch = this.pending;
    this.pending = null;
    this.sending = true;
    this.asked = true;
    const begun = performance.now();
    try {
      const answer = await this.do({ op: 'set', changes: batch.changes });
      batch.resolve.forEach((f) => f(answer));
    } catch (error) {
      batch.reject.forEach((f) => f(/** @type {Error} */ (error)));
    }
    // 手还在拖：Python 算了多久就歇它的两倍，把处理器让给画面。
    await hands.rest(Math.min(LONGEST_REST, 2 * (performance.now() - begun)));
    this.sending = false;
    this.flush();
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
    this.alert = el('div', { class: 'ex-alert', role: 'alert', hidden: '' });
    this.progress = el('div', { class: 'ex-progress', hidden: '' },
      el('progress', { max: '1', 'aria-label': 'Python 的加载进度' }), el('span', {}));
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
    const menu = el('div', { class: 'ex-menu' },
      button('还原', '回到最初的样子', () => { this.restoreAll(); }),
      button('复制链接', '复制一个能回到现在这个样子的链接', () => this.copyLink()),
      ...(spec.enlarges && this.model.get('_plotly')
        ? [button('放大看', `放大：${spec.enlarges}`, () => this.enlarge())] : []),
      button('复制到笔记本', '复制一段能在笔记本里得到同样状态的代码', () => this.copySnippet()));
    root.append(
      el('div', { class: 'ex-head' }, el('p', { class: 'ex-title' }, spec.title), el('p', { class: 'ex-task' }, spec.task)),
      this.stage, this.alert, this.live, this.bar, this.panel.element, this.progress, menu);
    if (!spec.runs) this.bar.hidden = true;
    const shell = this;
    this.ctx = {
      controls: spec.controls,
      spec,
      get: () => ({ ...shell.values }),
      set: (/** @type {any} */ changes) => shell.set(changes).catch(() => null),
      act: (/** @type {string} */ name) => shell.do({ op: 'act', name }).catch(() => null),
      step: (/** @type {number} */ n) => shell.do({ op: 'step', n }).catch(() => null),
      live: () => shell.model.get('_state') ?? 'live',
      get reducedMotion() { return matchMedia('(prefers-reduced-motion: reduce)').matches; },
      width: () => shell.stage?.clientWidth ?? 0,
      say: (/** @type {string} */ text) => { if (shell.live && shell.live.textContent !== text) shell.live.textContent = text; },
      note: (/** @type {string} */ text) => shell.complain(text),
    };
    this.picture = this.create(this.stage, this.ctx);
    const fit = () => {
      const width = this.stage?.clientWidth;
      if (width && width !== this.width) {
        this.width = width;
        this.picture?.resize?.();
      }
    };
    // 图变窄了也会变高；在通知里就改，浏览器会说「没有送完的通知」，所以等到下一帧。
    this.observer = new ResizeObserver(() => { if (this.width) requestAnimationFrame(fit); else fit(); });
    this.observer.observe(this.stage);
    this.themes = new MutationObserver(() => this.picture?.theme?.());
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
    if (document.body) this.themes.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.scheme.addEventListener('change', this.onScheme = () => this.picture?.theme?.());
  }

  /** 菜单最前面加一个用一次就收起来的按钮。 @param {string} text @param {string} what @param {() => any} press */
  offer(text, what, press) {
    const node = button(text, what, () => {
      node.remove();
      press()?.catch?.(() => {});
    });
    this.root.querySelector('.ex-menu')?.prepend(node);
  }

  /** 收到一幅画面：记进可以往回拖的一串里，再画出来。 @param {any} scene @param {boolean} fromHost */
  show(scene, fromHost) {
    this.scene = scene;
    this.runner?.keep(scene, fromHost);
    this.draw(scene);
    this.alertChanged(scene.alert);
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
    const value = this.values[this.spec.main];
    let best = 0;
    stops.values.forEach((/** @type {any} */ v, /** @type {number} */ i) => {
      if (Math.abs(v - value) < Math.abs(stops.values[best] - value)) best = i;
    });
    this.scene = stops.scenes[best];
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
    const detail = this.model.get('_detail');
    if (this.progress) {
      this.progress.hidden = state !== 'loading' && state !== 'failed';
      const bar = /** @type {HTMLProgressElement} */ (this.progress.firstElementChild);
      const text = /** @type {HTMLElement} */ (this.progress.lastElementChild);
      bar.hidden = state === 'failed';
      if (typeof detail === 'number') bar.value = detail;
      text.textContent = state === 'failed'
        ? `Python 没有启动起来（${detail}）。上面预先算好的画面仍然可以拖动。`
        : `正在启动 Python… ${Math.round(100 * (Number(detail) || 0))}%，你的操作会在它醒来后补上`;
    }
  }

  /** @param {any} alert */
  alertChanged(alert) {
    if (!this.alert) return;
    this.alert.hidden = !alert;
    if (!alert) return;
    const key = alert.kind + alert.text;
    if (this.alert.dataset.key === key) return;
    this.alert.dataset.key = key;
    this.alert.replaceChildren(el('p', {}, alert.text));
    if (alert.stop && this.spec.runs) {
      this.alert.append(button('退回出错之前', '回到最近一次还好好的时候', () => {
        this.do({ op: 'back' }).catch(() => {});
      }));
    }
  }

  /** @param {string} text */
  complain(text) {
    if (!this.alert) return;
    if (!text) {
      if (this.alert.dataset.key === 'error') this.alert.hidden = true;
      return;
    }
    this.alert.hidden = false;
    this.alert.dataset.key = 'error';
    this.alert.replaceChildren(el('p', {}, text));
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

  /** 看着的这一步画成 plotly 图，在大窗口里看。 */
  async enlarge() {
    try {
      const { enlarge } = await import('./page/plotly.js');
      const { steps } = this.drawn ?? {};
      const figure = this.ask({ op: 'figure', ...(steps === undefined ? {} : { steps }) }).then((answer) => answer.figure);
      await enlarge(figure, this.spec.enlarges, this.model.get('_plotly'));
    } catch (error) {
      this.complain(/** @type {Error} */ (error).message);
    }
  }

  async copyLink() {
    if (await copyText(await this.link(), this.alert)) this.ctx?.say('链接已复制，发给别人，打开就是现在这个样子。');
  }

  async copySnippet() {
    if (await copyText(snippet(await this.state()), this.alert)) this.ctx?.say('代码已复制，粘到笔记本的一格里运行。');
  }

  /** 给脚本、读屏器和测试用的约定：explorable(id)。 */
  contract() {
    return {
      get: async () => plain(structuredClone(this.values)),
      set: async (/** @type {any} */ changes) => { await this.set(changes); },
      act: async (/** @type {string} */ name) => { await this.do({ op: 'act', name }); },
      step: async (/** @type {number} */ n = 1) => { await this.do({ op: 'step', n }); },
      scene: async () => plain(this.drawn),
      reset: async () => { await this.do({ op: 'reset' }); },
      run: async () => { this.runner?.run(); },
      pause: async () => { this.pause(); },
      cancel: async () => { this.pause(); await this.do({ op: 'cancel' }); },
      state: () => this.state(),
      link: () => this.link(),
    };
  }

  destroy() {
    this.pause();
    this.transport.close();
    this.model.off('change:_state', this.onState);
    for (const [name, listener] of this.onControl ?? []) this.model.off('change:' + name, listener);
    this.observer?.disconnect();
    this.themes?.disconnect();
    this.scheme?.removeEventListener('change', /** @type {any} */ (this.onScheme));
    this.picture?.destroy?.();
  }
}
