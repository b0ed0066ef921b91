// @ts-check
/**
 * 网页宿主：给每个交互图一个 AFM 的 model，背后是整页共用的一个 worker。
 *
 * worker 只在读者做了烘焙画面答不了的事之后才启动；启动之前的操作排队，启动之后照做。
 * 它若意外结束（或一片算不完），就另起一个，从最近的快照接着来；起不来，烘焙画面照常能用。
 */
import { fromMessage } from '../codec.js';
import { hands } from './hands.js';

const SILENCE = 6000; // 毫秒：有活没做完却这么久没有声音，就当它死了。
const SNAPSHOT_EVERY = 1500;
const MAX_RESTARTS = 3;
const AFTER_RELEASE = 120; // 放手之后等这么久再启动：接着又按下去的，也不去打扰。

/** @typedef {{id: string, path: string, values: () => any, emit: (event: string, ...args: any[]) => void,
 *   setState: (state: string, detail?: any) => void, opened: boolean,
 *   snapshot: null|{tree: any, buffers: Uint8Array[]}, snapshotAt: number, dirty: boolean,
 *   broken?: string|null}} Client */
/** @typedef {{serial: number, client: Client|null, request: any, buffers: Uint8Array[],
 *   done: (answer: any) => void}} Job */

export class PageHost {
  /** @param {any} config 由页面内嵌的数据给出：worker、pyodide、wheel 的地址和字节数 */
  constructor(config) {
    this.config = config;
    /** @type {Worker|null} */
    this.worker = null;
    this.ready = false;
    this.restarts = 0;
    this.serial = 0;
    /** @type {Map<number, Job>} */
    this.waiting = new Map();
    /** @type {Client[]} */
    this.clients = [];
    this.lastSound = 0;
    /** @type {string|null} 起不来或一再出错的原因 */
    this.dead = null;
    /** @type {any} */
    this.timer = null;
    this.waking = false;
  }

  /**
   * 要用到 worker 了。启动 Python 要占满一个核几秒钟，所以读者手里正拖着东西的时候先不动，
   * 等他放手。
   */
  wake() {
    if (this.worker || this.waking) return;
    this.waking = true;
    hands.whenFree(AFTER_RELEASE, () => {
      this.waking = false;
      this.start();
    });
  }

  /** 启动 worker（已经启动就什么也不做）。 */
  start() {
    if (this.worker) return;
    if (!this.config.pyodide) {
      this.fail('这一份网站没有带上 Python（构建时没有取到 Pyodide）。');
      return;
    }
    for (const client of this.clients) client.setState('loading', 0);
    this.lastSound = performance.now();
    try {
      this.worker = new Worker(this.config.worker);
    } catch (error) {
      this.fail(String(error));
      return;
    }
    const worker = this.worker;
    worker.onmessage = (event) => { if (worker === this.worker) this.hear(event.data); };
    worker.onerror = (event) => { if (worker === this.worker) this.died(event.message || '计算线程出错'); };
    worker.postMessage({ boot: this.config });
    this.timer ??= setInterval(() => this.watch(), 500);
  }

  /** @param {any} message */
  hear(message) {
    this.lastSound = performance.now();
    if ('progress' in message) {
      for (const client of this.clients) client.setState('loading', message.progress);
    } else if (message.ready) {
      this.ready = true;
      for (const job of [...this.waiting.values()]) this.dispatch(job);
    } else if (message.failed) {
      this.fail(message.failed);
    } else if ('serial' in message) {
      const job = this.waiting.get(message.serial);
      if (!job) return;
      this.waiting.delete(message.serial);
      const raw = JSON.parse(message.text);
      if (raw.snapshot && job.client) {
        job.client.snapshot = { tree: raw.snapshot, buffers: message.buffers };
        job.done({ ok: true });
        return;
      }
      if (job.client && raw.ok && job.request.op !== 'open') {
        job.client.setState('live');
        this.restarts = 0;
      }
      if (!raw.ok && job.client?.broken) {
        job.client.setState('failed', job.client.broken);
        raw.error = job.client.broken;
      }
      job.done(fromMessage(raw, message.buffers));
    }
  }

  /**
   * 排一件活；worker 没起来就先起它。
   * @param {Client} client @param {any} request @param {Uint8Array[]} [buffers]
   * @returns {Promise<any>}
   */
  ask(client, request, buffers = []) {
    return new Promise((resolve) => {
      if (this.dead) {
        resolve({ ok: false, error: this.dead });
        return;
      }
      if (request.op === 'cancel') this.drop(client);
      const job = { serial: ++this.serial, client, request, buffers, done: resolve };
      this.waiting.set(job.serial, job);
      if (request.op !== 'snapshot') client.dirty = true;
      if (this.ready) this.dispatch(job);
      else this.wake();
    });
  }

  /** 撤下一个图还没做完的活；正在做的那一片做完就停。 @param {Client} client */
  drop(client) {
    this.worker?.postMessage({ cancel: client.id });
    for (const [serial, job] of this.waiting) {
      if (job.client !== client || job.request.op === 'snapshot') continue;
      this.waiting.delete(serial);
      job.done({ ok: true, cancelled: true });
    }
  }

  /** @param {Job} job */
  dispatch(job) {
    const client = job.client;
    if (client && !client.opened) {
      // 第一次用到这个图：先在 worker 里打开它，状态取自快照、链接或控件现在的值。
      client.opened = true;
      const opening = client.snapshot
        ? { op: 'open', snapshot: client.snapshot.tree }
        : { op: 'open', class: client.path, start: client.values() };
      const buffers = client.snapshot ? client.snapshot.buffers : [];
      const job0 = {
        serial: ++this.serial, client, request: opening, buffers,
        // 打不开的图，后面的活都做不成：把打不开的原因告诉读者，而不是后面那些莫名其妙的错。
        done: (/** @type {any} */ answer) => { client.broken = answer.ok ? null : answer.error; },
      };
      this.waiting.set(job0.serial, job0);
      this.post(job0);
    }
    this.post(job);
  }

  /** @param {Job} job */
  post(job) {
    const id = job.client ? job.client.id : '';
    if (!this.lastSound || this.waiting.size <= 1) this.lastSound = performance.now();
    this.worker?.postMessage({
      serial: job.serial, id, text: JSON.stringify({ ...job.request, id }), buffers: job.buffers,
    });
  }

  /** 看着它还活不活，隔一阵要一份快照。 */
  watch() {
    if (!this.worker || !this.ready) return;
    const now = performance.now();
    if (this.waiting.size && now - this.lastSound > SILENCE) {
      this.died('计算线程没有回音');
      return;
    }
    for (const client of this.clients) {
      if (!client.opened || !client.dirty || now - client.snapshotAt < SNAPSHOT_EVERY) continue;
      client.dirty = false;
      client.snapshotAt = now;
      this.ask(client, { op: 'snapshot' });
    }
  }

  /** @param {string} reason */
  died(reason) {
    this.worker?.terminate();
    this.worker = null;
    this.ready = false;
    for (const client of this.clients) {
      client.opened = false;
      client.emit('restart');
    }
    for (const [serial, job] of this.waiting) {
      if (job.request.op === 'snapshot' || job.request.op === 'open') this.waiting.delete(serial);
    }
    if (++this.restarts > MAX_RESTARTS) {
      this.fail(reason);
      return;
    }
    this.start();
  }

  /** @param {string} reason */
  fail(reason) {
    this.dead = reason;
    this.worker?.terminate();
    this.worker = null;
    clearInterval(this.timer);
    for (const client of this.clients) client.setState('failed', reason);
    for (const job of this.waiting.values()) job.done({ ok: false, error: reason });
    this.waiting.clear();
  }

  /**
   * 一个交互图的 AFM model。
   * @param {string} id @param {string} path @param {any} spec @param {any} start @param {any} first
   * @param {null|(() => Promise<any>)} frames
   */
  model(id, path, spec, start, first, frames) {
    /** @type {Record<string, any>} */
    const data = { ...start, _spec: spec, _id: id, _class: path, _first: first, _frames: frames, _state: 'baked', _detail: null,
      _plotly: this.config.plotly };
    /** @type {Record<string, Set<Function>>} */
    const listeners = {};
    const emit = (/** @type {string} */ event, /** @type {any[]} */ ...args) => {
      for (const listener of listeners[event] ?? []) listener(...args);
    };
    /** @type {any} */
    const client = {
      id, path, opened: false, snapshot: null, snapshotAt: 0, dirty: false, emit,
      values: () => Object.fromEntries(Object.keys(start).map((name) => [name, data[name]])),
      setState: (/** @type {string} */ state, /** @type {any} */ detail) => {
        if (data._state === state && data._detail === detail) return;
        data._state = state;
        data._detail = detail;
        emit('change:_state');
      },
    };
    this.clients.push(client);
    if (this.dead) client.setState('failed', this.dead);
    const host = this;
    return {
      get: (/** @type {string} */ name) => data[name],
      set: (/** @type {string} */ name, /** @type {any} */ value) => { data[name] = value; },
      on: (/** @type {string} */ event, /** @type {Function} */ f) => { (listeners[event] ??= new Set()).add(f); },
      off: (/** @type {string} */ event, /** @type {Function} */ f) => { listeners[event]?.delete(f); },
      save_changes() {},
      /** @param {any} content */
      send(content) {
        const { re, ...request } = content;
        host.ask(client, request).then((answer) => emit('msg:custom', { re, answer }, []));
      },
    };
  }
}
