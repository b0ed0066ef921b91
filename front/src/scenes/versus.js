// @ts-check
/** 宽 2 对宽 3：同样的点，两笔账。上面是输入平面和判错的面积，下面是走到第 s 处的圆盘和环。 */
import { el } from '../dom.js';
import { Net, mesh, station, zeroLine } from '../lib/net.js';
import { palette } from '../lib/palette.js';
import { scrubber } from '../lib/scrubber.js';
import { dots, fit, scaffold, segments, separator } from '../lib/sheet.js';
import { camera, project, turnable } from '../lib/view3d.js';

const NAMES = { narrow: '宽 2', wide: '宽 3' };
const ROUND = 96; // 一圈分几格
const FINE = 61; // 判断每边看几个点
const A_TURN = 8;
const MOST = 1000;

/** 一整圈的方向：沿正方形走一圈再归一，疏密差一点不要紧。 @param {number} count */
function circle(count) {
  const around = [];
  for (let i = 0; i < count; i += 1) {
    const q = (i / count) * 4;
    const f = 2 * (q - Math.floor(q)) - 1;
    const [x, y] = [[1, f], [-f, 1], [-1, -f], [f, -1]][Math.floor(q) % 4];
    const size = Math.sqrt(x * x + y * y);
    around.push([x / size, y / size]);
  }
  return around;
}

/**
 * 圆盘和环切成的格子：格点，和每个格子的四个角、颜色。
 * @param {number[]} radii
 */
function regions([inner, start, outer]) {
  const around = circle(ROUND);
  /** @type {number[]} */
  const points = [];
  /** @type {{corners: [number, number, number, number], label: number, edge: number}[]} */
  const cells = [];
  for (const [low, high, label, rings] of [[0, inner, 1, 6], [start, outer, 0, 8]]) {
    const first = points.length / 2;
    for (let k = 0; k <= rings; k += 1) {
      const r = low + ((high - low) * k) / rings;
      for (const [x, y] of around) points.push(r * x, r * y);
    }
    for (let k = 0; k < rings; k += 1) {
      for (let i = 0; i < ROUND; i += 1) {
        const j = (i + 1) % ROUND;
        const a = first + k * ROUND;
        const edge = (k === 0 && low > 0 ? 1 : 0) + (k === rings - 1 ? 2 : 0);
        cells.push({ corners: [a + i, a + j, a + ROUND + j, a + ROUND + i], label, edge });
      }
    }
  }
  return { points: Float64Array.from(points), cells };
}

/** 百分数：三位有效数字，不到 100 就不写 100。 @param {number} share */
function percent(share) {
  if (share >= 1) return '100%';
  return `${Math.min(99.9, Math.round(share * 1000) / 10)}%`;
}

class Side {
  /** @param {any} ctx @param {'narrow'|'wide'} name @param {() => void} redraw */
  constructor(ctx, name, redraw) {
    this.name = name;
    this.input = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
    this.space = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
    this.points = el('b', {});
    this.area = el('b', {});
    this.title = el('h4', {});
    this.turn = el('div', { class: 'jn-turn' }, this.space);
    if (name === 'wide') {
      for (const [key, value] of Object.entries({ role: 'slider', tabindex: '0', 'aria-label': '转动宽 3 网络的视角，用方向键', 'aria-valuemin': '-360', 'aria-valuemax': '360', 'aria-valuenow': '0' })) this.turn.setAttribute(key, value);
    }
    this.element = el('div', { class: 'vs-side' }, this.title,
      el('p', { class: 'vs-count' }, el('span', {}, '点'), this.points),
      el('p', { class: 'vs-count' }, el('span', {}, '面积'), this.area),
      el('div', { class: 'jn-turn' }, this.input), this.turn);
    this.eye = camera(-0.5, 1.1);
    turnable(this.turn, this.eye, redraw);
  }
}

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  stage.classList.add('jn', 'vs');
  /** @type {any} */
  let scene = null;
  /** @type {Record<string, string>} */
  let colors = {};
  /** @type {any} */
  let shapes = null;
  let queued = 0;
  let known = 0;
  let hunting = 0;
  /** @type {Map<string, {seed: number, points: number, count: number, area: number}>} */
  const tries = new Map();
  const later = () => { queued ||= requestAnimationFrame(() => { queued = 0; render(); }); };
  const sides = [new Side(ctx, 'narrow', later), new Side(ctx, 'wide', later)];
  const told = el('p', { class: 'vs-told' });
  const best = el('p', { class: 'jn-aside' });
  const hunt = el('button', { type: 'button', class: 'ex-button' }, '换下一个种子，学一千步');
  stage.append(el('div', { class: 'vs-sides' }, ...sides.map((side) => side.element)));
  const scrub = scrubber(stage, {
    label: '两张纸走到哪里', grip: '拖我',
    onMove: () => { later(); tell(); },
    onEnd: () => { ctx.set({ position: scrub.value() }); },
    text: (s) => words(s),
  });
  stage.append(told, el('div', { class: 'jn-acts' }, hunt), best);
  hunt.addEventListener('click', async () => {
    if (hunting) { rest(); return; }
    const turn = (hunting = performance.now());
    hunt.textContent = '停';
    const begun = await ctx.set({ seed: (ctx.get().seed % 999) + 1 });
    while (begun && hunting === turn && stage.isConnected) {
      if (!(await ctx.step(A_TURN)) || hunting !== turn || scene.steps >= MOST || scene.alert?.stop) break;
      await new Promise((done) => { requestAnimationFrame(done); });
    }
    if (hunting === turn) rest();
  });

  function rest() {
    hunting = 0;
    hunt.textContent = '换下一个种子，学一千步';
  }

  /** @param {number} s */
  function words(s) {
    if (s <= 0) return '起点：圆盘在环里';
    if (s >= 1) return '终点：宽 2 只能在平面里画一条直线，宽 3 可以在空间里插一块板';
    if (!scene) return '';
    return sides.map((side, k) => {
      const depth = scene.sides[k].net.layers.length;
      const { layer, part } = station(s, depth);
      return `${NAMES[side.name]}：第 ${layer + 1} 层${['乘矩阵', '平移', '弯'][part]}`;
    }).join('；');
  }

  function tell() {
    told.textContent = words(scrub.value());
  }

  function tally() {
    const { seed, depth, kind } = ctx.get();
    const narrow = scene.sides[0];
    const key = `${seed}/${depth}/${kind}`;
    const old = tries.get(key);
    if (scene.steps > 0 && !scene.own && (!old || narrow.points_right > old.points
      || (narrow.points_right === old.points && narrow.area_right > old.area))) {
      tries.set(key, { seed, points: narrow.points_right, count: scene.count, area: narrow.area_right });
    }
    if (!tries.size) { best.textContent = '黑的是判错的面积。按「运行」，或者换种子试手气。'; return; }
    const all = [...tries.values()];
    const lucky = all.filter((one) => one.points === one.count).length;
    const top = all.reduce((a, b) => (b.points / b.count > a.points / a.count || (b.points / b.count === a.points / a.count && b.area > a.area) ? b : a));
    const widest = all.reduce((m, one) => Math.max(m, one.area), 0);
    best.textContent = `试过 ${tries.size} 个种子，宽 2 的网络有 ${lucky} 次把点全分对；最好的是种子 ${top.seed}：${top.points}/${top.count} 个点，`
      + `面积 ${percent(top.area)}。面积最高到过 ${percent(widest)}。`;
  }

  function render() {
    if (!scene || !colors.card || !shapes) return;
    scene.sides.forEach((/** @type {any} */ data, /** @type {number} */ k) => paint(sides[k], data));
  }

  /** @param {Side} side @param {any} data */
  function paint(side, data) {
    const walk = walked(data);
    const wide = side.element.clientWidth || 150;
    const tall = Math.min(wide, 400);
    inputPlane(side.input, data, walk, wide, tall);
    spaceView(side, data, walk, wide, Math.min(Math.round(wide * 0.85), 340));
  }

  /** @type {WeakMap<any, any>} */
  const walks = new WeakMap();
  /** @param {any} data */
  function walked(data) {
    let found = walks.get(data);
    if (!found) {
      const net = new Net(data.net);
      const field = net.trace(mesh(FINE, 1.1));
      const area = net.trace(shapes.points);
      found = { net, area, points: net.trace(scene.points.data), line: zeroLine(field.score, FINE, 1.1), wrong: wrongBands(net) };
      walks.set(data, found);
    }
    return found;
  }

  /** 判错的面积：细格子里每条一段段的径向线，判错的连成片。 @param {Net} net */
  function wrongBands(net) {
    const [inner, start, outer] = scene.radii;
    const count = 160;
    const points = mesh(count, outer);
    const score = net.trace(points).score;
    /** @type {number[]} */
    const found = [];
    for (let i = 0; i < score.length; i += 1) {
      const r = Math.sqrt(points[2 * i] * points[2 * i] + points[2 * i + 1] * points[2 * i + 1]);
      if ((r <= inner && score[i] <= 0) || (r >= start && r <= outer && score[i] > 0)) found.push(points[2 * i], points[2 * i + 1]);
    }
    return { found, step: (2 * outer) / (count - 1) };
  }

  /** @param {HTMLCanvasElement} canvas @param {any} data @param {any} walk @param {number} width @param {number} height */
  function inputPlane(canvas, data, walk, width, height) {
    const brush = fit(canvas, width, height);
    const scale = Math.min(width, height) / 2.16;
    const frame = { x: width / 2, y: height / 2, scale, reach: 1.08 };
    const [inner, start, outer] = scene.radii;
    const ring = (/** @type {number[]} */ radii, /** @type {string} */ color) => {
      brush.beginPath();
      radii.forEach((r) => { brush.moveTo(frame.x + r * scale, frame.y); brush.arc(frame.x, frame.y, r * scale, 0, 7); });
      brush.fillStyle = color;
      brush.fill('evenodd');
    };
    ring([inner], colors['blue-soft']);
    ring([start, outer], colors['orange-soft']);
    const { found, step } = walk.wrong;
    brush.fillStyle = colors.ink;
    const side = step * scale + 0.7;
    for (let i = 0; i < found.length; i += 2) {
      brush.fillRect(frame.x + found[i] * scale - side / 2, frame.y - found[i + 1] * scale - side / 2, side, side);
    }
    const flat = camera();
    brush.strokeStyle = colors.ink;
    brush.lineWidth = 2;
    brush.lineCap = 'round';
    const line = [];
    for (let i = 0; i < walk.line.length; i += 2) line.push(walk.line[i], walk.line[i + 1], 0);
    segments(brush, project(flat, line, frame));
    const score = walk.points.score;
    const labels = scene.labels.data;
    dots(brush, project(flat, walk.points.start, frame), labels, colors, {
      size: width > 240 ? 3.2 : 2.2, own: scene.own, wrong: (i) => score[i] > 0 !== (labels[i] === 1),
    });
  }

  /** @param {Side} side @param {any} data @param {any} walk @param {number} width @param {number} height */
  function spaceView(side, data, walk, width, height) {
    const s = scrub.value();
    const { net } = walk;
    side.eye.tilt = net.tilt(s);
    const brush = fit(side.space, width, height);
    const reach = net.reach(walk.area, s) * (1 + 0.22 * side.eye.tilt);
    const frame = { x: width / 2, y: height / 2, scale: Math.min(width, height) / (2 * reach), reach };
    const { part, layer, t } = station(s, net.depth);
    scaffold(brush, side.eye, frame, colors, part === 2 || s === 1);
    const p = project(side.eye, net.place(walk.area, s), frame);
    const { cells } = shapes;
    const order = cells.map((/** @type {any} */ _, /** @type {number} */ i) => i);
    if (side.eye.tilt > 0.02) {
      const depth = cells.map((/** @type {any} */ cell) => p[3 * cell.corners[0] + 2] + p[3 * cell.corners[2] + 2]);
      order.sort((/** @type {number} */ a, /** @type {number} */ b) => depth[a] - depth[b]);
    }
    const fills = [colors['orange-soft'], colors['blue-soft']];
    const lines = [colors.orange, colors.blue];
    brush.lineJoin = 'round';
    brush.lineWidth = 0.8;
    for (const i of order) {
      const { corners, label, edge } = cells[i];
      brush.fillStyle = fills[label];
      brush.strokeStyle = fills[label];
      brush.beginPath();
      corners.forEach((/** @type {number} */ c, /** @type {number} */ q) => {
        if (q) brush.lineTo(p[3 * c], p[3 * c + 1]);
        else brush.moveTo(p[3 * c], p[3 * c + 1]);
      });
      brush.closePath();
      brush.fill();
      brush.stroke();
      if (!edge) continue;
      brush.strokeStyle = lines[label];
      brush.lineWidth = 1.8;
      for (const [bit, from, to] of [[1, 0, 1], [2, 3, 2]]) {
        if (!(edge & bit)) continue;
        brush.beginPath();
        brush.moveTo(p[3 * corners[from]], p[3 * corners[from] + 1]);
        brush.lineTo(p[3 * corners[to]], p[3 * corners[to] + 1]);
        brush.stroke();
      }
      brush.lineWidth = 0.8;
    }
    const last = layer === net.depth - 1 && part === 2 ? t : 0;
    separator(brush, side.eye, frame, data.net.separator.normal.data, data.net.separator.offset, colors, last * last);
    dots(brush, project(side.eye, net.place(walk.points, s), frame), scene.labels.data, colors, { size: width > 240 ? 2.6 : 1.8, own: scene.own });
  }

  function counters() {
    sides.forEach((side, k) => {
      const data = scene.sides[k];
      const shape = data.net.sizes.join('-');
      side.title.textContent = `${NAMES[side.name]}：${shape}`;
      side.points.textContent = `${data.points_right} / ${scene.count}`;
      side.area.textContent = percent(data.area_right);
      side.points.classList.toggle('is-full', data.points_right === scene.count);
      side.area.classList.toggle('is-full', data.area_right >= 1);
    });
  }

  function theme() {
    colors = palette(stage);
    later();
  }

  theme();
  return {
    /** @param {any} next */
    draw(next) {
      const first = !scene;
      scene = next;
      shapes ??= regions(next.radii);
      scrub.layers(next.sides[1].net.layers.length);
      const wanted = ctx.get().position;
      if (first || (Math.abs(wanted - known) > 1e-9 && Math.abs(wanted - scrub.value()) > 0.002)) scrub.show(wanted);
      known = wanted;
      counters();
      tally();
      tell();
      later();
    },
    resize: later,
    theme,
    destroy() {
      hunting = 0;
      scrub.destroy();
      cancelAnimationFrame(queued);
    },
  };
}
