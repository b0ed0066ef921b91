// @ts-check
/** 读者连着的改动合成一次发出去；前一次没有回来，后面的先攒着。 */
import { hands } from '../page/hands.js';

const LONGEST_REST = 250; // 毫秒

export class Sending {
  /** @param {(changes: Record<string, any>) => Promise<any>} send */
  constructor(send) {
    this.send = send;
    /** @type {null|{changes: any, resolve: ((value: any) => void)[], reject: ((error: Error) => void)[]}} */
    this.pending = null;
    this.sending = false;
    this.asked = false; // 改动已经发出去，答复还没有回来
  }

  /** 有改动还没有答复。 */
  get open() {
    return Boolean(this.pending) || this.asked;
  }

  /** @param {Record<string, any>} changes @returns {Promise<any>} 这一批的答复 */
  add(changes) {
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
      const answer = await this.send(batch.changes);
      batch.resolve.forEach((f) => f(answer));
    } catch (error) {
      batch.reject.forEach((f) => f(/** @type {Error} */ (error)));
    }
    // 手还在拖：Python 算了多久就歇它的两倍，把处理器让给画面。
    await hands.rest(Math.min(LONGEST_REST, 2 * (performance.now() - begun)));
    this.sending = false;
    this.flush();
  }
}
