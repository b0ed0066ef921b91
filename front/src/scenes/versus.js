// @ts-check
/** 宽 2 对宽 3：同样的点，两笔账。上面是输入平面和判错的面积，下面是走到第 s 处的圆盘和环。 */
import { el } from '../dom.js';
import { fit } from '../lib/canvas.js';
import { Net, mesh, station, zeroLine } from '../lib/net.js';
import { palette } from '../lib/palette.js';
import { judged, regions } from '../lib/regions.js';
import { scrubber } from '../lib/scrubber.js';
import { dots, scaffold, segments, separator } from '../lib/sheet/marks.js';
import { camera, offerTurn, project, turnable } from '../lib/view3d.js';
import '../style/network.css';
import '../style/versus.css';

const NAMES = { narrow: '宽 2', wide: '宽 3' };
const FINE = 81; // 判断每边看几个点
const WINDOW = 1.08; // 输入平面看多大
const A_TURN = 10;
const MOST = 600;
const ENOUGH = 100; // 学了这么多步，或者点全分对了，才算试过一个种子
const HUNT = '换下一个种子，学六百步';

/** 百分数：不到 100 就不写 100。 @param {number} share */
function percent(share) {
  if (share >= 1) return '100%';
  return `${Math.min(99.9, Math.round(share * 1000) / 10)}%`;
}

/** 一边：名字、两个计数、两块画布。 @param {'narrow'|'wide'} name @param {() => void} redraw */
function half(name, redraw) {
  const input = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const space = /** @type {HTMLCanvasElement} */ (el('canvas', { 'aria-hidden': 'true' }));
  const [points, area, title] = [el('b', {}), el('b', {}), el('h4', {})];
  const turn = el('div', { class: 'jn-turn' }, space);
  const element = el('div', { class: 'vs-side' }, title,
    el('p', { class: 'vs-count' }, el('span', {}, '点'), points),
    el('p', { class: 'vs-count' }, el('span', {}, '面积'), area),
    el('div', { class: 'jn-turn' }, input), turn);
  const eye = camera(-0.5, 1.1);
  turnable(turn, eye, redraw);
  return { name, input, space, points, area, title, turn, element, eye, still: '' };
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
  let known = 0; // 上次知道的 position
  let mine = -1e4; // 读者上次放手是几时
  let hunting = 0;
  let followed = ''; // 从第 0 步跟着看的那一次训练
  /** @type {Map<string, {seed: number, way: string, points: number, count: number, area: number}>} */
  const tries = new Map();
  /** @type {WeakMap<any, any>} */
  const walks = new WeakMap();
  const later = () => { queued ||= requestAnimationFrame(() => { queued = 0; render(); }); };
  const sides = [half('narrow', later), half('wide', later)];
  const told = el('p', { class: 'vs-told' });
  const best = el('p', { class: 'jn-aside' });
  const hunt = el('button', { type: 'button', class: 'ex-button' }, HUNT);
  stage.append(el('div', { class: 'vs-sides' }, ...sides.map((side) => side.element)));
  const scrub = scrubber(stage, {
    label: '两张纸走到哪里', grip: '拖我',
    onMove: () => { later(); tell(); },
    onEnd: () => {
      known = scrub.value();
      mine = performance.now();
      ctx.set({ position: known });
    },
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
    hunt.textContent = HUNT;
  }

  /** @param {number} s */
  function words(s) {
    if (s <= 0) return '起点：圆盘在环里';
    if (s >= 1) return '终点：宽 2 只能在平面里画一条直线，宽 3 可以在空间里插一块板';
    if (!scene) return '';
    return sides.map((side, k) => {
      const { layer, part } = station(s, scene.sides[k].net.layers.length);
      return `${NAMES[side.name]}：第 ${layer + 1} 层${['乘矩阵', '平移', '弯'][part]}`;
    }).join('；');
  }

  function tell() {
    told.textContent = words(scrub.value());
  }

  /** 记下照现在的设置试过的种子：宽 2 的网络点对了几次，面积最高到过多少。预先算好的画面和半路接上的不算试过。 */
  function tally() {
    const { seed, depth, kind, activation } = ctx.get();
    const narrow = scene.sides[0];
    const way = `${depth}/${kind}/${activation}`;
    const key = `${seed}/${way}`;
    const old = tries.get(key);
    const live = ctx.live() === 'live';
    if (key !== followed) followed = scene.steps ? '' : key;
    const tried = scene.steps >= ENOUGH || narrow.points_right === scene.count;
    if (live && key === followed && scene.steps > 0 && tried && !scene.own && (!old || narrow.points_right > old.points
      || (narrow.points_right === old.points && narrow.area_right > old.area))) {
      tries.set(key, { seed, way, points: narrow.points_right, count: scene.count, area: narrow.area_right });
    }
    if (scene.own) {
      const [two, three] = scene.sides.map((/** @type {any} */ side) => side.own_wrong);
      best.textContent = `撒在缝里的 ${scene.own} 个点，宽 2 判错 ${two} 个，宽 3 判错 ${three} 个。再运行，看它们追不追得上。`;
      return;
    }
    const all = [...tries.values()].filter((one) => one.way === way);
    if (!all.length) {
      best.textContent = '涂实的一片是判错的面积。按「运行」，或者换种子试手气；9 号种子运气好。';
      return;
    }
    const lucky = all.filter((one) => one.points === one.count).length;
    const top = all.reduce((a, b) => ((b.points * a.count - a.points * b.count || b.area - a.area) > 0 ? b : a));
    const most = all.reduce((m, one) => Math.max(m, one.area), 0);
    best.textContent = `涂实的一片是判错的面积。照现在的设置试过 ${all.length} 个种子，宽 2 的网络有 ${lucky} 次把点全分对；`
      + `最好的是种子 ${top.seed}：${top.points}/${top.count} 个点，面积 ${percent(top.area)}。面积最高到过 ${percent(most)}。`;
  }

  function render() {
    if (!scene || !colors.card || !shapes) return;
    sides.forEach((side, k) => {
      const data = scene.sides[k];
      const width = side.element.clientWidth || 150;
      const walk = walked(data);
      inputPlane(side.input, walk, width, Math.min(width, 400));
      spaceView(side, data, walk, width, Math.min(Math.round(width * 0.85), 340));
    });
  }

  /** 一个网络的格子、区域和点各走完全程，走一次用很多帧。 @param {any} data */
  function walked(data) {
    let found = walks.get(data);
    if (!found) {
      const net = new Net(data.net);
      const field = { score: net.judge(mesh(FINE, WINDOW)) };
      found = {
        net, field,
        areas: null, // 站在起点不动的时候用不到，用到才走
        points: net.trace(scene.points.data),
        line: zeroLine(field.score, FINE, WINDOW),
      };
      walks.set(data, found);
    }
    return found;
  }

  /** @param {HTMLCanvasElement} canvas @param {any} walk @param {number} width @param {number} height */
  function inputPlane(canvas, walk, width, height) {
    const brush = fit(canvas, width, height);
    const scale = Math.min(width, height) / (2 * WINDOW);
    const frame = { x: width / 2, y: height / 2, scale, reach: WINDOW };
    const [inner, start, outer] = scene.radii;
    const rings = /** @type {[number[], string, boolean][]} */ (
      [[[inner], colors['blue-soft'], false], [[start, outer], colors['orange-soft'], true]]);
    for (const [radii, color, blue] of rings) {
      brush.save();
      brush.beginPath();
      radii.forEach((r) => { brush.moveTo(frame.x + r * scale, frame.y); brush.arc(frame.x, frame.y, r * scale, 0, 7); });
      brush.fillStyle = color;
      brush.fill('evenodd');
      brush.clip('evenodd');
      const path = judged(walk.field.score, FINE, WINDOW, blue, frame);
      brush.fillStyle = colors.ink;
      brush.fill(path);
      brush.restore();
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

  /** @param {ReturnType<typeof half>} side @param {any} data @param {any} walk @param {number} width @param {number} height */
  function spaceView(side, data, walk, width, height) {
    const s = scrub.value();
    const { net } = walk;
    side.eye.tilt = net.tilt(s);
    offerTurn(side.turn, side.eye, side.eye.tilt > 0.02, `转动${NAMES[side.name]}的空间，用方向键`);
    // 还没动身的时候，怎样训练都是同一幅画，不必重画。
    const { kind, seed } = ctx.get();
    const still = s === 0 && kind !== 'fresh' ? [width, height, seed, kind, scene.count, colors.card].join() : '';
    if (still && side.still === still) return;
    side.still = still;
    const brush = fit(side.space, width, height);
    const area = (walk.areas ??= net.trace(shapes.points));
    const sight = net.sight(area, s);
    const reach = sight.reach * (1 + 0.36 * side.eye.tilt);
    const frame = { x: width / 2, y: height / 2, scale: Math.min(width, height) / (2 * reach), reach, centre: sight.centre };
    const { part, layer, t } = station(s, net.depth);
    scaffold(brush, side.eye, frame, colors, part === 2 || s === 1);
    const p = project(side.eye, net.place(area, s), frame);
    brush.lineJoin = 'round';
    if (side.eye.tilt > 0.02) lifted(brush, p);
    else flat(brush, p);
    const last = layer === net.depth - 1 && part === 2 ? t : 0;
    separator(brush, side.eye, frame, data.net.separator.normal.data, data.net.separator.offset, colors, last * last);
    dots(brush, project(side.eye, net.place(walk.points, s), frame), scene.labels.data, colors, {
      size: width > 240 ? 2.6 : 1.8, own: scene.own,
    });
  }

  /** 平着看：谁也不遮谁，一种颜色一条路径，一次填完。 @param {CanvasRenderingContext2D} brush @param {Float64Array} p */
  function flat(brush, p) {
    for (const label of [0, 1]) {
      const area = new Path2D();
      const rim = new Path2D();
      for (const cell of shapes.cells) {
        if (cell.label !== label) continue;
        outline(area, p, cell.corners);
        rims(rim, p, cell);
      }
      ink(brush, label, area, rim);
    }
  }

  /** 立起来看：远的先画，近的盖住远的。 @param {CanvasRenderingContext2D} brush @param {Float64Array} p */
  function lifted(brush, p) {
    const depth = shapes.cells.map((/** @type {any} */ cell) => p[3 * cell.corners[0] + 2] + p[3 * cell.corners[2] + 2]);
    const order = depth.map((/** @type {number} */ _, /** @type {number} */ i) => i);
    order.sort((/** @type {number} */ a, /** @type {number} */ b) => depth[a] - depth[b]);
    for (const i of order) {
      const cell = shapes.cells[i];
      const area = new Path2D();
      outline(area, p, cell.corners);
      const rim = cell.edge ? new Path2D() : null;
      if (rim) rims(rim, p, cell);
      ink(brush, cell.label, area, rim);
    }
  }

  /** @param {CanvasRenderingContext2D} brush @param {number} label @param {Path2D} area @param {Path2D|null} rim */
  function ink(brush, label, area, rim) {
    brush.fillStyle = colors[label ? 'blue-soft' : 'orange-soft'];
    brush.strokeStyle = brush.fillStyle;
    brush.lineWidth = 0.8; // 盖住格子之间的缝
    brush.fill(area);
    brush.stroke(area);
    if (!rim) return;
    brush.strokeStyle = colors[label ? 'blue' : 'orange'];
    brush.lineWidth = 1.8;
    brush.stroke(rim);
  }

  /** 一格的四边。自己走回起点：closePath 每次都要重量整条路径。 @param {Path2D} path @param {Float64Array} p @param {number[]} corners */
  function outline(path, p, corners) {
    path.moveTo(p[3 * corners[0]], p[3 * corners[0] + 1]);
    for (const c of [corners[1], corners[2], corners[3], corners[0]]) path.lineTo(p[3 * c], p[3 * c + 1]);
  }

  /** 一格在区域边上的那一两条边。 @param {Path2D} path @param {Float64Array} p @param {any} cell */
  function rims(path, p, { corners, edge }) {
    for (const [bit, from, to] of [[1, 0, 1], [2, 3, 2]]) {
      if (!(edge & bit)) continue;
      path.moveTo(p[3 * corners[from]], p[3 * corners[from] + 1]);
      path.lineTo(p[3 * corners[to]], p[3 * corners[to] + 1]);
    }
  }

  function counters() {
    sides.forEach((side, k) => {
      const data = scene.sides[k];
      side.title.textContent = `${NAMES[side.name]}：${data.net.sizes.join('-')}`;
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
      // 刚放手的一小会儿里，路上的旧答复不许把手柄拉回去。
      if (first || (Math.abs(wanted - known) > 1e-9 && performance.now() - mine > 500)) scrub.show(wanted);
      if (performance.now() - mine > 500) known = wanted;
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
