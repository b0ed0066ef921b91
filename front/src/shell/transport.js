// @ts-check
/** 一来一回的消息：每个请求带一个编号，答复带着同样的编号回来；宿主自己也会推来一幅画面。 */
import { fromMessage } from '../codec.js';

export class Transport {
  /** @param {any} model AFM 的 model @param {(answer: any) => void} pushed 宿主推来的画面交给谁 */
  constructor(model, pushed) {
    this.model = model;
    this.pushed = pushed;
    this.serial = 0;
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    this.listener = (/** @type {any} */ content, /** @type {any[]} */ buffers) => this.hear(content, buffers);
    // 笔记本里，消息走小部件身边一条自己的线（见 mlcore/widgets）；网页上就走 model。
    const name = model.get('_line');
    /** @type {any} 还没接通时是 null */
    this.line = null;
    if (name) this.connected = model.widget_manager.get_model(name.slice('IPY_MODEL_'.length)).then((/** @type {any} */ line) => this.connect(line));
    else this.connect(model);
  }

  /** @param {any} line */
  connect(line) {
    this.line = line;
    line.on('msg:custom', this.listener);
  }

  /** @param {any} request @returns {Promise<any>} 宿主说不行就拒绝，错误里是一句中文 */
  ask(request) {
    const re = ++this.serial;
    return new Promise((resolve, reject) => {
      this.waiting.set(re, (answer) => {
        if (answer.ok) resolve(answer);
        else reject(new Error(answer.error || '出错了'));
      });
      if (this.line) this.line.send({ re, ...request });
      else this.connected.then(() => this.line.send({ re, ...request }));
    });
  }

  /** @param {any} content @param {any[]} buffers */
  hear(content, buffers) {
    if (content.pushed) {
      this.pushed(fromMessage(JSON.parse(content.text), buffers));
      return;
    }
    const settle = this.waiting.get(content.re);
    if (!settle) return;
    this.waiting.delete(content.re);
    settle(content.text ? fromMessage(JSON.parse(content.text), buffers) : content.answer);
  }

  close() {
    this.line?.off('msg:custom', this.listener);
  }
}
