// @ts-check
/**
 * 代码格的计算线程：和交互图的那一个分开，第一次运行时才启动，随时可以停。
 *
 * 停就是结束这个线程：读者写了死循环也一样停得下来。下一次运行再起一个新的，名字都没有了，
 * 由 cells.js 把上面跑过的格重新跑一遍。
 */
import { fromMessage } from '../codec.js';

/** @typedef {{ok: boolean, seconds?: number, error?: any, verdict?: any, ended?: string}} Outcome */
/** @typedef {{serial: number, hear: (event: any, buffers: any[]) => void, done: (outcome: Outcome) => void}} Run */

const NEARLY_FULL = 0.5; // 出了 MemoryError，内存又已经长到上限的这么多，就换一个线程。

export class Kernel {
  /** @param {any} config 页面内嵌的 page-engine，地址已经是绝对的 */
  constructor(config) {
    this.config = config;
    /** @type {Worker|null} */
    this.worker = null;
    this.ready = false;
    this.serial = 0;
    /** @type {Run[]} 排着队的运行，第一个正在跑 */
    this.runs = [];
    /** @type {any[]} 线程备好之前攒着的消息 */
    this.unsent = [];
    /** @type {Map<number, (answer: any) => void>} */
    this.asked = new Map();
    /** @type {Map<string, (event: any, buffers: any[]) => void>} 画着的图：编号 → 它听到的 */
    this.scenes = new Map();
    /** @type {((progress: number|null) => void)[]} 启动的进度；备好了是 null */
    this.onProgress = [];
    /** @type {((why: string) => void)[]} 线程没有了 */
    this.onEnd = [];
  }

  /** 不能运行的原因；能就是空的。 */
  get missing() {
    return this.config.pyodide ? '' : '这一份网站没有带上 Python（构建时没有取到），代码只能读，不能运行。';
  }

  start() {
    if (this.worker) return;
    const worker = new Worker(this.config.worker);
    this.worker = worker;
    worker.onmessage = (event) => { if (worker === this.worker) this.hear(event.data); };
    worker.onerror = (event) => { if (worker === this.worker) this.end('crashed', event.message); };
    worker.postMessage({ boot: { ...this.config, cells: true } });
    this.onProgress.forEach((f) => f(0));
  }

  /** @param {any} message */
  post(message) {
    if (this.ready) this.worker?.postMessage(message);
    else this.unsent.push(message);
  }

  /** @param {any} message */
  hear(message) {
    if ('progress' in message) {
      this.onProgress.forEach((f) => f(message.progress));
    } else if (message.ready) {
      this.ready = true;
      this.onProgress.forEach((f) => f(null));
      this.unsent.splice(0).forEach((waiting) => this.worker?.postMessage(waiting));
    } else if (message.failed) {
      this.end('failed', message.failed);
    } else if (message.event) {
      const event = JSON.parse(message.event);
      if (event.type === 'push') this.scenes.get(event.key)?.(event, message.buffers);
      else this.runs[0]?.hear(event, message.buffers);
    } else if (message.crashed) {
      this.end('crashed', message.crashed);
    } else if ('memory' in message) {
      const outcome = JSON.parse(message.text);
      this.runs.shift()?.done(outcome);
      if (outcome.error?.name === 'MemoryError' && message.memory > NEARLY_FULL) this.end('memory', '');
    } else if ('serial' in message) {
      const settle = this.asked.get(message.serial);
      this.asked.delete(message.serial);
      settle?.(fromMessage(JSON.parse(message.text), message.buffers));
    }
  }

  /**
   * 运行一格（或检查一道题）；线程没起来就先起它。
   * @param {any} request @param {(event: any, buffers: any[]) => void} hear @returns {Promise<Outcome>}
   */
  run(request, hear) {
    return new Promise((resolve) => {
      const serial = ++this.serial;
      this.runs.push({ serial, hear, done: resolve });
      this.post({ run: true, serial, id: '', text: JSON.stringify(request) });
      try {
        this.start();
      } catch (error) {
        this.end('failed', String(error));
      }
    });
  }

  /** 停下：正在跑的和排着队的都不跑了。 */
  stop() {
    if (this.worker) this.end('stopped', '');
  }

  /** @param {'stopped'|'failed'|'crashed'|'memory'} ended @param {string} why */
  end(ended, why) {
    this.worker?.terminate();
    this.worker = null;
    this.ready = false;
    this.unsent = [];
    this.scenes.clear();
    for (const settle of this.asked.values()) settle({ ok: false, error: '计算线程停了，重新运行这一格。' });
    this.asked.clear();
    for (const run of this.runs.splice(0)) run.done({ ok: false, ended, error: why });
    this.onProgress.forEach((f) => f(null));
    this.onEnd.forEach((f) => f(ended));
  }

  /**
   * 画在代码格下面的交互图的 AFM model；会话在代码格的线程里，所以后面的格里还能读写它。
   * @param {any} opening 内核给的：key、class、spec、start、scene
   */
  model(opening) {
    const { key, spec, start, scene } = opening;
    /** @type {Record<string, any>} */
    const data = { ...start, _spec: spec, _id: opening.id, _class: opening.class, _first: scene,
      _frames: null, _state: 'live', _detail: null, _plotly: this.config.plotly };
    /** @type {Record<string, Set<Function>>} */
    const listeners = {};
    const emit = (/** @type {string} */ event, /** @type {any[]} */ ...args) => {
      for (const listener of listeners[event] ?? []) listener(...args);
    };
    this.scenes.set(key, (event, buffers) => emit('msg:custom', { pushed: true, text: event.text }, buffers));
    return {
      get: (/** @type {string} */ name) => data[name],
      set: (/** @type {string} */ name, /** @type {any} */ value) => { data[name] = value; },
      on: (/** @type {string} */ event, /** @type {Function} */ f) => { (listeners[event] ??= new Set()).add(f); },
      off: (/** @type {string} */ event, /** @type {Function} */ f) => { listeners[event]?.delete(f); },
      save_changes() {},
      /** @param {any} content */
      send: (content) => {
        const { re, ...request } = content;
        this.ask(key, request).then((answer) => emit('msg:custom', { re, answer }, []));
      },
    };
  }

  /** @param {string} key @param {any} request @returns {Promise<any>} */
  ask(key, request) {
    if (!this.scenes.has(key)) return Promise.resolve({ ok: false, error: '计算线程停了，重新运行这一格。' });
    return new Promise((resolve) => {
      const serial = ++this.serial;
      this.asked.set(serial, resolve);
      if (request.op === 'cancel') this.worker?.postMessage({ cancel: key });
      this.post({ serial, id: key, text: JSON.stringify({ ...request, id: key }), buffers: [] });
    });
  }
}
