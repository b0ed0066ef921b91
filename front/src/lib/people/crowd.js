// @ts-check
/**
 * 一万个点：每个人有自己的编号，站队时一路走过去。编号从小到大是病人里两次阳性的、一次阳性的、
 * 阴性的，然后是没病的人，顺序倒过来；所以每一组都是连着的一段。
 */
import { rgb } from '../palette.js';
import { heads } from './reckon.js';

const GAP = 18; // 有病和没病两堆之间
const HEAD = 22; // 一行字
const SHARE = 0.2; // 病人那一堆至少占多宽
const DOT = 0.76; // 点占格子的几成
const ROUND_FROM = 3.2; // 这么大（像素）以上，病人画成圆的

/**
 * @typedef {{width: number, height: number, left: number, right: number, top: number, bar: number, back: number}} Box
 *   left、right 是 0% 和 100% 的横坐标；top 是人群顶上，bar 是站出来的那一排有多高，back 是那时人群的顶上
 * @typedef {{text: string, x: number, y: number, look: string, end?: boolean}} Label
 */

export class Crowd {
  /** @param {HTMLCanvasElement} canvas @param {number} count */
  constructor(canvas, count) {
    this.canvas = canvas;
    this.count = count;
    /** 每个人画在哪里（左、上）、格子多大；一个是现在，一个是出发时，一个是要去的地方。 */
    this.now = new Float32Array(3 * count);
    this.from = new Float32Array(3 * count);
    this.to = new Float32Array(3 * count);
    this.seat = new Int32Array(count);
    /** @type {{begin: number, end: number, color: string, round: boolean}[]} */
    this.groups = [];
    this.ready = false;
    this.frame = 0;
  }

  /** 没站队的时候谁坐哪里。 @param {ArrayLike<number>} seats 三排各 side 个数 @param {number} side */
  sit(seats, side) {
    for (let i = 0; i < this.count; i += 1) {
      const [a, b] = [Math.floor(i / side), i % side];
      this.seat[i] = seats[b] * side + ((seats[side + a] + seats[2 * side + b]) % side);
    }
  }

  /**
   * 各人该去哪里。 @param {number} stage @param {import('./reckon.js').Counts} c @param {Box} box
   * @returns {Label[]}
   */
  plan(stage, c, box) {
    const n = this.count;
    const round = Math.round;
    const [sick, hit, twice] = [round(c.sick), round(c.hit), round(c.hitTwice)];
    const [alarm, alarmTwice] = [round(c.alarm), round(c.alarmTwice)];
    if (stage === 0) {
      this.scatter(box);
      return [];
    }
    const forward = stage > 2;
    const top = forward ? box.back : box.top;
    const room = box.height - top - (stage === 2 ? 3 * HEAD + 8 : HEAD + 6);
    const width = box.right - box.left;
    const cell = Math.sqrt((0.96 * (1 - SHARE) * (width - GAP) * room) / n);
    const wide = (SHARE + (1 - 2 * SHARE) * (sick / n)) * (width - GAP);
    const second = box.left + wide + GAP;
    const ahead = stage === 4 ? [twice, alarmTwice] : [hit, alarm];
    /** @type {Label[]} */
    const labels = [];
    for (const side of [0, 1]) {
      const [x, span] = side ? [second, box.right - second] : [box.left, wide];
      const all = side ? n - sick : sick;
      const positive = side ? alarm : hit;
      const look = side ? 'orange' : 'blue';
      const name = side ? '没病' : '有病';
      const exact = side ? c.well : c.sick;
      const gone = forward ? ahead[side] : 0;
      let y = top + HEAD;
      if (!forward) labels.push({ text: `${name} ${heads(exact)} 人`, x, y: top + 14, look });
      if (stage === 1) {
        this.block(side, 0, all, x, y, span, cell);
        continue;
      }
      if (forward) {
        // 没站出来的：阳性一次的排在阴性的前面，中间不空。
        const left = exact - (side ? (stage === 4 ? c.alarmTwice : c.alarm) : (stage === 4 ? c.hitTwice : c.hit));
        labels.push({ text: side ? `没病 ${heads(left)} 人（没站出来）` : `有病 ${heads(left)} 人`, x, y: top + 14, look });
        this.block(side, gone, all, x, y, span, cell);
        continue;
      }
      labels.push({ text: `阳性 ${heads(side ? c.alarm : c.hit)}`, x, y: y + 14, look });
      y = this.block(side, 0, positive, x, y + HEAD, span, cell);
      labels.push({ text: `阴性 ${heads(side ? c.clear : c.miss)}`, x, y: y + 17, look: 'soft' });
      this.block(side, positive, all, x, y + HEAD + 2, span, cell);
    }
    if (forward) this.line(ahead[0], ahead[1], box);
    return labels;
  }

  /** @param {Box} box */
  scatter(box) {
    const [width, height] = [box.right - box.left, box.height - box.top - 6];
    const across = Math.round(Math.sqrt((this.count * width) / height));
    const cell = Math.min(width / across, height / Math.ceil(this.count / across));
    const spare = (width - cell * across) / 2;
    for (let i = 0; i < this.count; i += 1) {
      const seat = this.seat[i];
      this.to[3 * i] = box.left + spare + (seat % across) * cell;
      this.to[3 * i + 1] = box.top + Math.floor(seat / across) * cell;
      this.to[3 * i + 2] = cell;
    }
  }

  /**
   * 一堆里的第 begin 到第 end 个人，从左上角起一行一行站好；返回这一堆的底。
   * @param {number} side 0 病人，1 没病的人 @param {number} begin @param {number} end
   * @param {number} x @param {number} y @param {number} span @param {number} cell
   */
  block(side, begin, end, x, y, span, cell) {
    const across = Math.max(1, Math.floor(span / cell));
    for (let k = begin; k < end; k += 1) {
      const i = 3 * (side ? this.count - 1 - k : k);
      const at = k - begin;
      this.to[i] = x + (at % across) * cell;
      this.to[i + 1] = y + Math.floor(at / across) * cell;
      this.to[i + 2] = cell;
    }
    return y + Math.ceil((end - begin) / across) * cell;
  }

  /** 站出来的一排，从 0% 到 100% 正好站满：蓝的在左，橙的在右。 @param {number} blue @param {number} orange @param {Box} box */
  line(blue, orange, box) {
    const total = blue + orange;
    const width = box.right - box.left;
    const deep = Math.max(1, Math.round(Math.sqrt((total * box.bar) / width)));
    const [cw, ch] = [width / Math.ceil(total / deep), box.bar / deep];
    const cell = Math.min(cw, ch, 16);
    for (let k = 0; k < total; k += 1) {
      const i = 3 * (k < blue ? k : this.count - 1 - (k - blue));
      // 一列一列地站，站满一列再站下一列，所以分界落在 blue / total，误差不到一列。
      this.to[i] = box.left + Math.floor(k / deep) * cw + (cw - cell) / 2;
      this.to[i + 1] = box.top + (k % deep) * ch + (ch - cell) / 2;
      this.to[i + 2] = cell;
    }
  }

  /** 哪一段什么颜色。 @param {number} stage @param {import('./reckon.js').Counts} c @param {Record<string, string>} colors */
  paint(stage, c, colors) {
    const n = this.count;
    const [sick, hit, alarm] = [c.sick, c.hit, c.alarm].map(Math.round);
    const middle = mix(colors.card, colors.orange, 0.5);
    if (stage === 0) this.groups = [{ begin: 0, end: n, color: mix(colors.card, colors['ink-faint'], 0.6), round: false }];
    else if (stage === 1) {
      this.groups = [
        { begin: sick, end: n, color: middle, round: false },
        { begin: 0, end: sick, color: colors.blue, round: true },
      ];
    } else {
      // 第二次没再阳性的人退回去，颜色也淡下来。
      const [front, back] = stage === 4 ? [Math.round(c.hitTwice), Math.round(c.alarmTwice)] : [hit, alarm];
      this.groups = [
        { begin: sick, end: n - back, color: mix(colors.card, colors.orange, 0.26), round: false },
        { begin: front, end: sick, color: mix(colors.card, colors.blue, 0.4), round: true },
        { begin: n - back, end: n, color: colors.orange, round: false },
        { begin: 0, end: front, color: colors.blue, round: true },
      ];
    }
  }

  /** 立刻站好。 */
  settle() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.now.set(this.to);
    this.ready = true;
    this.render();
  }

  /** 走过去。 @param {number} time 毫秒 @param {number} wait 先站着让人看清颜色，毫秒 @param {() => void} [then] */
  walk(time, wait, then) {
    cancelAnimationFrame(this.frame);
    if (!this.ready) {
      this.settle();
      then?.();
      return;
    }
    this.from.set(this.now);
    const begun = performance.now() + wait;
    let waiting = true;
    const tick = (/** @type {number} */ at) => {
      const t = Math.min(1, Math.max(0, (at - begun) / time));
      const f = t * t * (3 - 2 * t);
      if (t > 0 || waiting) {
        for (let i = 0; i < this.now.length; i += 1) this.now[i] = this.from[i] + f * (this.to[i] - this.from[i]);
        this.render();
        waiting = false;
      }
      if (t < 1) this.frame = requestAnimationFrame(tick);
      else {
        this.frame = 0;
        then?.();
      }
    };
    this.frame = requestAnimationFrame(tick);
  }

  render() {
    const brush = this.canvas.getContext('2d');
    if (!brush) return;
    const ratio = this.canvas.width / Math.max(1, this.canvas.clientWidth || this.canvas.width);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const { now } = this;
    for (const { begin, end, color, round } of this.groups) {
      brush.fillStyle = color;
      const circles = round && end - begin <= 1200;
      if (circles) brush.beginPath();
      for (let i = 3 * begin; i < 3 * end; i += 3) {
        const cell = now[i + 2];
        const size = DOT * cell;
        if (circles && size > ROUND_FROM) {
          const r = 0.56 * size;
          const [x, y] = [now[i] + cell / 2, now[i + 1] + cell / 2];
          brush.moveTo(x + r, y);
          brush.arc(x, y, r, 0, 6.2832);
        } else brush.fillRect(now[i] + (cell - size) / 2, now[i + 1] + (cell - size) / 2, size, size);
      }
      if (circles) brush.fill();
    }
  }

  destroy() {
    cancelAnimationFrame(this.frame);
  }
}

/** 两种颜色掺起来。 @param {string} from @param {string} to @param {number} t */
function mix(from, to, t) {
  const [a, b] = [rgb(from), rgb(to)];
  return `rgb(${a.map((v, i) => Math.round(v + t * (b[i] - v))).join(' ')})`;
}
