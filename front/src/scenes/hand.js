// @ts-check
/**
 * 亲手弯一张橡皮膜：读者拖两个基向量、原点和一条直线，试着把圆盘和圆环分开；
 * 然后得到五种本事。位置由给定的矩阵、平移和 Python 的表当场算出，不等 Python。
 */
import { axes, dotPath, lattice, linePath, number, plane, svg } from '../lib/axes.js';
import { handle } from '../lib/drag.js';
import { choiceField, html, matrixField, sliderField } from '../lib/fields.js';
import { figure } from '../lib/figure.js';
import { invert, lookup } from '../lib/table.js';

const REACH = 2.1; // 画面从中心看到多远
const SHEET = 1.6; // 橡皮膜的半边长
const ON_THE_LINE = 1e-9; // 和 mlcore.explorables.hand 里的同名常数一样
const TILT = 64; // 完全抬起来时镜头俯下多少度
const HILL = 1.45; // 完全抬起来时山有多高
const MAST = 0.2; // 刀的导轨离右边多远
const TRIES = 4; // 试过几次以后，提醒读者还有别的本事

/** @typedef {import('../lib/axes.js').Plane} Plane */
/** @typedef {[number, number]} Pair */

/**
 * 会连续变化的全部数字。
 * @typedef {object} Pose
 * @property {number[]} matrix 按行排的四个数 @property {Pair} offset
 * @property {Pair} start @property {Pair} end 直线的两端
 * @property {number} scale @property {number} turn @property {number} bend
 * @property {number} lift @property {number} height
 */

/** @param {HTMLElement} stage @param {any} ctx */
export default function create(stage, ctx) {
  /** @type {Pose} */
  let pose = poseOf(ctx.get());
  let picks = picksOf(ctx.get());
  let azimuth = 24;
  /** @type {any} */
  let data = null;
  /** @type {Plane} */
  let view = plane(320, 320, REACH);
  let tries = 0;
  /** 每种本事的最好成绩。 @type {Record<string, number>} */
  let best = {};
  let score = { wrong: 0, side: 1, which: /** @type {number[][]} */ ([[], [], [], []]) };
  let moving = 0; // 正在进行的动画的编号
  let dragging = false;

  const parts = build(stage);
  const sheet = parts.sheet;

  // —— 变换 ——

  /** 真正作用在点上的矩阵：箭头给的矩阵，再缩放，再旋转。 @param {Pose} p */
  function effective(p) {
    const [c, s] = [data.cosine(p.turn), data.sine(p.turn)];
    const [a, b, d, e] = p.matrix;
    const k = p.scale;
    return [k * (c * a - s * d), k * (c * b - s * e), k * (s * a + c * d), k * (s * b + c * e)];
  }

  /** 反过来：要让作用在点上的矩阵是 ``wanted``，箭头给的矩阵该是多少。 @param {number[]} wanted */
  function matrixFor(wanted) {
    const [c, s] = [data.cosine(pose.turn), data.sine(pose.turn)];
    const [a, b, d, e] = wanted.map((v) => v / pose.scale);
    return [c * a + s * d, c * b + s * e, -s * a + c * d, -s * b + c * e].map(tidy);
  }

  /** 把平面上的点送到它该去的地方。 @param {ArrayLike<number>} points @returns {Float64Array} */
  function warp(points) {
    const [a, b, c, d] = effective(pose);
    const [u, v] = pose.offset;
    const t = pose.bend;
    const f = data.bends[picks.activation];
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const x = a * points[i] + b * points[i + 1] + u;
      const y = c * points[i] + d * points[i + 1] + v;
      out[i] = t ? (1 - t) * x + t * f(x) : x;
      out[i + 1] = t ? (1 - t) * y + t * f(y) : y;
    }
    return out;
  }

  /** 镜头：平的时候正对纸面，抬起来以后绕过去、俯下来。返回 (x, y, 高) → 像素。 */
  function camera() {
    const lift = pose.lift;
    if (!lift) return (/** @type {number} */ x, /** @type {number} */ y) => /** @type {Pair} */ ([view.x(x), view.y(y)]);
    const [ca, sa] = [data.cosine(azimuth * lift), data.sine(azimuth * lift)];
    const [ct, st] = [data.cosine(TILT * lift), data.sine(TILT * lift)];
    const near = 1 - 0.12 * lift; // 退后一点，转起来四角也不出画面
    return (/** @type {number} */ x, /** @type {number} */ y, h = 0) => /** @type {Pair} */ ([
      view.x(near * (ca * x - sa * y)),
      view.y(near * ((sa * x + ca * y) * ct + (h * HILL * lift - 0.3 * lift) * st)),
    ]);
  }

  /**
   * 一串变换过的点 → 像素。
   * @param {ArrayLike<number>} points @param {ArrayLike<number> | number} heights
   */
  function pixels(points, heights) {
    const see = camera();
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const h = typeof heights === 'number' ? heights : heights[i / 2];
      const [px, py] = see(points[i], points[i + 1], h);
      out[i] = px;
      out[i + 1] = py;
    }
    return out;
  }

  // —— 数一数 ——

  /** 每个点在界线的哪一边、多远。 @param {Float64Array} mapped */
  function margins(mapped) {
    const count = mapped.length / 2;
    const out = new Float64Array(count);
    if (picks.cut === 'sheet') {
      for (let k = 0; k < count; k += 1) out[k] = data.heights[k] - pose.height;
      return out;
    }
    const [ax, ay] = pose.start;
    const [dx, dy] = [pose.end[0] - ax, pose.end[1] - ay];
    const length = Math.sqrt(dx * dx + dy * dy) || 1;
    for (let k = 0; k < count; k += 1) {
      out[k] = (dx * (mapped[2 * k + 1] - ay) - dy * (mapped[2 * k] - ax)) / length;
    }
    return out;
  }

  /** 错了几个：蓝在哪一边，取错得少的那种；在界线上的都算错。 @param {Float64Array} mapped */
  function judge(mapped) {
    const values = margins(mapped);
    let least = { wrong: Infinity, side: 1, which: /** @type {number[][]} */ ([[], [], [], []]) };
    for (const side of [1, -1]) {
      let wrong = 0;
      /** 错的橙、错的蓝、对的橙、对的蓝 @type {number[][]} */
      const which = [[], [], [], []];
      for (let k = 0; k < values.length; k += 1) {
        const blue = data.labels[k];
        const good = (blue ? side : -side) * values[k] > ON_THE_LINE;
        if (!good) wrong += 1;
        which[blue + (good ? 2 : 0)].push(k);
      }
      if (wrong < least.wrong) least = { wrong, side, which };
    }
    return least;
  }

  /** 现在用到的最强的本事。 */
  function power() {
    if (picks.cut === 'sheet') return 'lift';
    return pose.bend > 0 ? 'bend' : 'matrix';
  }

  // —— 画 ——

  function draw() {
    if (!data) return;
    const mapped = warp(data.points);
    score = judge(mapped);
    const kind = power();
    best[kind] = Math.min(best[kind] ?? Infinity, score.wrong);
    drawTint();
    drawSheet();
    drawDots(mapped);
    drawCut();
    drawArrows();
    placeHandles();
    write();
  }

  function drawTint() {
    const flat = pose.lift === 0;
    parts.axes.node.style.opacity = String(1 - Math.min(1, pose.lift * 3));
    if (!flat) {
      for (const node of parts.tints) node.setAttribute('d', '');
      return;
    }
    const frame = [0, 0, view.width, 0, view.width, view.height, 0, view.height];
    if (picks.cut === 'sheet') {
      const inside = linePath(ring(), true);
      parts.tints[0].setAttribute('d', linePath(frame, true) + inside); // 奇偶填充：圈里留空
      parts.tints[1].setAttribute('d', inside);
      return;
    }
    const [ax, ay] = [view.x(pose.start[0]), view.y(pose.start[1])];
    const [bx, by] = [view.x(pose.end[0]), view.y(pose.end[1])];
    // 像素的竖轴朝下，所以左右要反过来。
    parts.tints[1].setAttribute('d', linePath(half(frame, ax, ay, bx, by, -score.side), true));
    parts.tints[0].setAttribute('d', linePath(half(frame, ax, ay, bx, by, score.side), true));
  }

  function drawSheet() {
    const cutting = picks.cut === 'sheet' && pose.lift > 0;
    let [low, high, lowMajor, highMajor] = ['', '', '', ''];
    for (const line of sheet.lines) {
      const spots = pixels(warp(line.points), line.heights);
      if (!cutting) {
        if (line.major) highMajor += linePath(spots);
        else high += linePath(spots);
        continue;
      }
      const [below, above] = split(spots, line.heights, pose.height);
      if (line.major) [lowMajor, highMajor] = [lowMajor + below, highMajor + above];
      else [low, high] = [low + below, high + above];
    }
    parts.gridBelow.setAttribute('d', low);
    parts.gridBelowMajor.setAttribute('d', lowMajor);
    parts.gridAbove.setAttribute('d', high);
    parts.gridAboveMajor.setAttribute('d', highMajor);
    parts.paper.setAttribute('d', linePath(pixels(warp(sheet.border), 0), true));
    parts.cat.update(pixels(warp(parts.cat.points), sheet.catHeights));
  }

  /** @param {Float64Array} mapped */
  function drawDots(mapped) {
    const spots = pixels(mapped, data.heights);
    const cutting = picks.cut === 'sheet' && pose.lift > 0;
    for (const layer of [0, 1]) {
      const here = score.which.map((list) =>
        cutting ? list.filter((k) => (data.heights[k] > pose.height ? 1 : 0) === layer) : layer ? list : [],
      );
      parts.dots[layer].update(spots, here);
    }
  }

  /** 山腰上的切口：原来平面上到圆心同样远的一圈。 */
  function ring() {
    const radius = invert(data.hill, pose.height, 0, 3);
    const circle = new Float64Array(2 * 72);
    for (let k = 0; k < 72; k += 1) {
      circle[2 * k] = radius * data.cosine(5 * k - 180);
      circle[2 * k + 1] = radius * data.sine(5 * k - 180);
    }
    return pixels(warp(circle), pose.height);
  }

  function drawCut() {
    const sheetCut = picks.cut === 'sheet';
    const lifted = sheetCut && pose.lift > 0;
    parts.ring.setAttribute('d', sheetCut ? linePath(ring(), true) : '');
    const s = 1.5;
    parts.blade.setAttribute(
      'd', lifted ? linePath(pixels([-s, -s, s, -s, s, s, -s, s], pose.height), true) : '');
    parts.blade.style.opacity = String(Math.min(1, pose.lift * 2));
    const mast = view.x(REACH - MAST);
    const see = camera();
    const [top, bottom] = [1, 0].map((h) => see(0, 0, h)[1]);
    parts.mast.setAttribute('d', lifted ? `M${mast} ${bottom.toFixed(1)}V${top.toFixed(1)}` : '');
    parts.spin.setAttribute('d', pose.lift > 0.5
      ? `M${view.x(-1.5).toFixed(1)} ${(view.height - 24).toFixed(1)}H${view.x(1.5).toFixed(1)}` : '');
    data.mastY = { top, bottom };
    place(parts.words.blade, lifted && pose.lift > 0.3, mast, top - 12);
    place(parts.words.spin, pose.lift > 0.5, view.x(-1.5), view.height - 40);
    if (sheetCut) {
      parts.line.setAttribute('d', '');
      parts.sides.forEach((text) => (text.textContent = ''));
      return;
    }
    const [ax, ay] = [view.x(pose.start[0]), view.y(pose.start[1])];
    const [bx, by] = [view.x(pose.end[0]), view.y(pose.end[1])];
    const [dx, dy] = [bx - ax, by - ay];
    const far = (4 * view.width) / (Math.sqrt(dx * dx + dy * dy) || 1);
    parts.line.setAttribute(
      'd', linePath([ax - far * dx, ay - far * dy, bx + far * dx, by + far * dy]));
    // 两个字写在靠上的一端旁边，各在自己那一侧。
    const upper = ay < by ? [ax, ay] : [bx, by];
    const length = Math.sqrt(dx * dx + dy * dy) || 1;
    const normal = [(-dy / length) * -score.side, (dx / length) * -score.side];
    ['橙', '蓝'].forEach((word, k) => {
      const away = (k ? 1 : -1) * 26;
      const x = Math.max(14, Math.min(view.width - 14, upper[0] + away * normal[0]));
      const y = Math.max(18, Math.min(view.height - 12, upper[1] + away * normal[1] + 5));
      parts.sides[k].textContent = word;
      parts.sides[k].setAttribute('x', x.toFixed(1));
      parts.sides[k].setAttribute('y', y.toFixed(1));
    });
  }

  function drawArrows() {
    const flat = pose.lift === 0;
    const [a, b, c, d] = effective(pose);
    const [u, v] = pose.offset;
    const from = `M${view.x(u).toFixed(1)} ${view.y(v).toFixed(1)}`;
    parts.arrows.setAttribute('d', flat
      ? `${from}L${view.x(u + a).toFixed(1)} ${view.y(v + c).toFixed(1)}` +
        `${from}L${view.x(u + b).toFixed(1)} ${view.y(v + d).toFixed(1)}` : '');
    parts.arrows.classList.toggle('is-ghost', pose.bend > 0);
  }

  function placeHandles() {
    const flat = pose.lift === 0;
    const [a, b, c, d] = effective(pose);
    const [u, v] = pose.offset;
    handles.first.move(u + a, v + c);
    handles.second.move(u + b, v + d);
    handles.origin.move(u, v);
    handles.start.move(...pose.start);
    handles.end.move(...pose.end);
    handles.blade.move(0, pose.height);
    handles.spin.move(azimuth, 0);
    for (const h of [handles.first, handles.second, handles.origin]) h.show(flat);
    for (const h of [handles.start, handles.end]) h.show(flat && picks.cut === 'line');
    handles.blade.show(picks.cut === 'sheet' && pose.lift > 0.3);
    handles.spin.show(pose.lift > 0.5);
  }

  // —— 旁边的数字和话 ——

  function write() {
    const [a, b, c, d] = effective(pose);
    parts.count.textContent = String(score.wrong);
    parts.total.textContent = `个站错了边（一共 ${data.labels.length} 个）`;
    parts.score.classList.toggle('is-done', score.wrong === 0);
    parts.side.classList.toggle('has-powers', picks.powers);
    const told = picks.powers || tries >= TRIES;
    for (const [kind, cell] of Object.entries(parts.best)) {
      cell.textContent = best[kind] === undefined ? '—' : `${best[kind]}`;
    }
    parts.floor.textContent = told ? `只用矩阵和平移，谁也少不过 ${data.floor} 个` : '';
    parts.matrix.update([[a, b], [c, d]]);
    parts.offset.update([[pose.offset[0]], [pose.offset[1]]]);
    parts.mode.update(picks.powers ? 'five' : 'matrix');
    parts.mode.element.classList.toggle('is-ready', tries >= TRIES && !picks.powers);
    parts.bet.update(picks.bet);
    parts.knobs.scale.update(pose.scale);
    parts.knobs.turn.update(pose.turn);
    parts.knobs.offsetX.update(pose.offset[0]);
    parts.knobs.offsetY.update(pose.offset[1]);
    parts.knobs.bend.update(pose.bend);
    parts.knobs.lift.update(pose.lift);
    parts.knobs.height.update(pose.height);
    parts.activation.value = picks.activation;
    parts.cut.update(picks.cut);
    parts.side.classList.toggle('has-sheet', picks.cut === 'sheet');
    parts.svg.setAttribute('aria-label', `橡皮膜，${score.wrong} 个点站错了边`);
    if (!dragging && !moving) say(sentence(a * d - b * c));
  }

  /** 图下面的一句话：现在怎样，为什么，接着做什么。 @param {number} determinant */
  function sentence(determinant) {
    const wrong = score.wrong;
    if (picks.cut === 'sheet') {
      if (wrong) return `刀在半空，错 ${wrong} 个。上下拖刀，让它切在蓝点和橙点之间。`;
      if (pose.lift > 0) return '一刀切开，一个不错。把「升维」拖回 0，按平它，看切口是什么形状。';
      return `按平以后，那一刀是一个圆。平面里的直线做不到，高一维的平面做到了。${verdict()}`;
    }
    const flat = determinant < ON_THE_LINE && determinant > -ON_THE_LINE;
    if (flat) return `整张膜压扁了，错 ${wrong} 个。`;
    if (pose.bend > 0 && picks.activation === 'sine') {
      return wrong
        ? `错 ${wrong} 个。正弦来回折，能把远处折到近处：把缩放调大一些，再挪一挪。`
        : '一个不错！但这不是弯，是折：正弦把不同的点叠到了一起，它们从此分不开了。';
    }
    if (pose.bend > 0) {
      return `弯了，错 ${wrong} 个。能比不弯少，却到不了 0：只要不折叠，圆盘还是被圆环围着。`;
    }
    if (picks.powers || tries >= TRIES) {
      return `错 ${wrong} 个。矩阵把圆环变成椭圆环，圆盘仍在环里面，直线怎么切都会切到环。`;
    }
    if (determinant < 0) return `膜翻了面，小猫的旗换到了另一边。错 ${wrong} 个。`;
    if (!tries) return '描黑边的点站错了边。先押一注，再动手。';
    return `错 ${wrong} 个，你的最好成绩是 ${best.matrix ?? wrong} 个。`;
  }

  /** @param {string} text */
  function say(text) {
    if (parts.say.textContent !== text) parts.say.textContent = text;
  }

  function verdict() {
    if (picks.bet === 'no') return '你押对了：只靠拉伸、转动、平移，分不开。';
    if (picks.bet === 'yes') return '你押了「能」，这一注输了：不升维、不折叠就分不开。';
    return '';
  }

  // —— 动 ——

  /** 立刻改，并告诉 Python。 @param {Partial<Pose>} changes @param {Record<string, any>} [also] */
  function change(changes, also = {}) {
    moving = 0;
    Object.assign(pose, changes);
    picks = { ...picks, ...also };
    draw();
    ctx.set({ ...controlsOf(changes), ...also });
  }

  /** 用 300 毫秒（或给定的时间）走到 ``target``。 @param {Pose} target @param {number} [time] @param {() => void} [then] */
  function glide(target, time = 300, then) {
    const from = structuredClone(pose);
    if (ctx.reducedMotion || same(from, target)) {
      moving = 0;
      pose = structuredClone(target);
      draw();
      then?.();
      return;
    }
    const id = (moving = Math.floor(performance.now() * 1000) + 1);
    const begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (moving !== id) return;
      const t = Math.min(1, Math.max(0, (now - begun) / time));
      const eased = t * t * (3 - 2 * t);
      pose = t < 1 ? between(from, target, eased) : structuredClone(target);
      if (t === 1) moving = 0;
      draw();
      if (t < 1) requestAnimationFrame(tick);
      else then?.();
    };
    requestAnimationFrame(tick);
  }

  /** 换了一批点：旧点走到新点的位置上去。 @param {ArrayLike<number>} points @param {ArrayLike<number>} heights @param {any} scene */
  function travel(points, heights, scene) {
    const begun = performance.now();
    const [to, up] = [scene.points.data, scene.heights.data];
    data.points = points;
    const tick = (/** @type {number} */ now) => {
      if (moving < 0) return;
      const t = Math.min(1, Math.max(0, (now - begun) / 300));
      const mix = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) =>
        t < 1 ? Float64Array.from(b, (v, i) => a[i] + t * t * (3 - 2 * t) * (v - a[i])) : b;
      Object.assign(data, { points: mix(points, to), heights: mix(heights, up) });
      if (t === 1) best = {};
      draw();
      if (t < 1) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  const ends = {
    onStart: () => { dragging = true; },
    onEnd: () => {
      dragging = false;
      tries += 1;
      write();
    },
  };
  const flatPlace = {
    toPixel: (/** @type {number} */ x, /** @type {number} */ y) => /** @type {Pair} */ ([view.x(x), view.y(y)]),
    fromPixel: (/** @type {number} */ px, /** @type {number} */ py) => view.at(px, py),
    rangeX: /** @type {Pair} */ ([-2.12, 2.12]),
    rangeY: /** @type {Pair} */ ([-2.12, 2.12]),
  };

  /** @param {number} column */
  const tip = (column) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const now = effective(pose);
    now[column] = limit(x - pose.offset[0], 3);
    now[column + 2] = limit(y - pose.offset[1], 3);
    change({ matrix: matrixFor(now) });
  };

  /** 直线的一端挪到 (x, y)，但不许和另一端贴在一起。 @param {'start' | 'end'} which */
  const lineEnd = (which) => (/** @type {number} */ x, /** @type {number} */ y) => {
    const other = which === 'start' ? pose.end : pose.start;
    const [dx, dy] = [x - other[0], y - other[1]];
    if (dx * dx + dy * dy < 0.09) return;
    change({ [which]: [tidy(x), tidy(y)] });
  };

  const handles = {
    start: handle(parts.svg, { label: '直线的一端', x: 0, y: 0, ...flatPlace, ...ends, onMove: lineEnd('start') }),
    end: handle(parts.svg, { label: '直线的另一端', x: 0, y: 0, ...flatPlace, ...ends, onMove: lineEnd('end') }),
    first: handle(parts.svg, { label: '第一个箭头 i 的尖', name: 'i', x: 1, y: 0, ...flatPlace, ...ends, onMove: tip(0) }),
    second: handle(parts.svg, { label: '第二个箭头 j 的尖', name: 'j', x: 0, y: 1, ...flatPlace, ...ends, onMove: tip(1) }),
    origin: handle(parts.svg, {
      label: '原点（平移整张膜）', x: 0, y: 0, ...flatPlace, ...ends,
      onMove: (x, y) => change({ offset: [tidy(x), tidy(y)] }),
    }),
    blade: handle(parts.svg, {
      label: '图里的刀', x: 0, y: 0.3, axis: 'y', step: 0.02, rangeY: [0.02, 0.98], ...ends,
      toPixel: (_, h) => {
        const { top, bottom } = data?.mastY ?? { top: 0, bottom: 1 };
        return [view.x(REACH - MAST), bottom + h * (top - bottom)];
      },
      fromPixel: (px, py) => {
        const { top, bottom } = data.mastY;
        return [0, (py - bottom) / (top - bottom)];
      },
      valueText: (_, h) => `高度 ${number(h)}`,
      onMove: (_, h) => change({ height: tidy(h) }),
    }),
    spin: handle(parts.svg, {
      label: '转着看', x: 24, y: 0, axis: 'x', step: 5, rangeX: [-90, 90],
      toPixel: (degrees) => [view.x((degrees / 90) * 1.5), view.height - 24],
      fromPixel: (px) => [(view.at(px, 0)[0] / 1.5) * 90, 0],
      valueText: (degrees) => `转了 ${number(degrees)} 度`,
      onMove: (degrees) => turnTo(degrees),
    }),
  };

  /** @param {number} degrees */
  function turnTo(degrees) {
    azimuth = Math.max(-90, Math.min(90, degrees));
    draw();
  }

  // 抬起来以后，在画面任何地方横着拖都能转着看；竖着划照常滚动页面。
  /** @type {null | {x: number, from: number}} */
  let turning = null;
  parts.svg.addEventListener('pointerdown', (event) => {
    if (pose.lift < 0.5 || event.button > 0) return;
    turning = { x: event.clientX, from: azimuth };
  });
  parts.svg.addEventListener('pointermove', (event) => {
    if (turning) turnTo(turning.from + (event.clientX - turning.x) * 0.4);
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
    parts.svg.addEventListener(name, () => { turning = null; });
  }

  // —— 表单 ——

  /** @param {HTMLElement} root */
  function build(root) {
    const area = svg('svg', { class: 'hand-svg', role: 'group', 'aria-label': '橡皮膜' });
    const paperAxes = axes(area, { grid: 0, labels: 3 });
    const tints = ['hand-tint-0', 'hand-tint-1'].map((name) => svg('path', { class: name }, area));
    area.prepend(...tints);
    const paper = svg('path', { class: 'hand-paper' }, area);
    const gridBelow = svg('path', { class: 'hand-grid' }, area);
    const gridBelowMajor = svg('path', { class: 'hand-grid is-major' }, area);
    const below = dotLayer(area);
    const bladeNode = svg('path', { class: 'hand-blade' }, area);
    const gridAbove = svg('path', { class: 'hand-grid' }, area);
    const gridAboveMajor = svg('path', { class: 'hand-grid is-major' }, area);
    const cat = figure(area, { centre: [-1.1, 1.12], size: 0.33 });
    bladeNode.before(cat.node);
    const ringNode = svg('path', { class: 'hand-cut' }, area);
    const above = dotLayer(area);
    const line = svg('path', { class: 'hand-cut' }, area);
    const arrows = svg('path', { class: 'hand-arrows' }, area);
    const mast = svg('path', { class: 'hand-rail' }, area);
    const spin = svg('path', { class: 'hand-rail' }, area);
    const words = {
      blade: svg('text', { class: 'hand-word', 'text-anchor': 'middle' }, area),
      spin: svg('text', { class: 'hand-word' }, area),
    };
    words.blade.textContent = '刀';
    words.spin.textContent = '转着看';
    const sides = [0, 1].map((k) => svg('text', { class: `hand-word-${k}`, 'text-anchor': 'middle' }, area));

    const bet = choiceField({
      label: '你押哪一边', options: [['yes', '能'], ['no', '不能']],
      onPick: (value) => change({}, { bet: value }),
    });
    const mode = choiceField({
      label: '用什么本事', options: [['matrix', '只用矩阵'], ['five', '五种本事']],
      onPick: (value) => (value === 'five' ? change({}, { powers: true }) : backToMatrix()),
    });
    const field = { low: -3, high: 3, onBad: (/** @type {string} */ text) => ctx.note(text) };
    const matrix = matrixField({
      ...field, label: '矩阵', rows: 2, columns: 2, headings: ['i', 'j'],
      onInput: ([[a, b], [c, d]]) => typed({ matrix: matrixFor([a, b, c, d]) }),
    });
    const offset = matrixField({
      ...field, label: '平移', rows: 2, columns: 1, headings: ['平移'],
      onInput: ([[u], [v]]) => typed({ offset: [u, v] }),
    });
    const activation = html('select', { 'aria-label': '怎么弯' });
    for (const [value, text] of ctx.controls.find((/** @type {any} */ c) => c.name === 'activation').options) {
      activation.append(html('option', { value }, text));
    }
    activation.addEventListener('change', () => {
      const also = { activation: activation.value };
      if (pose.bend > 0) change({}, also);
      else {
        change({}, also);
        slideTo({ bend: 1 });
      }
    });
    const cut = choiceField({
      label: '用什么切', options: [['line', '一条直线'], ['sheet', '一张平面']],
      onPick: (value) => (value === 'sheet' ? liftUp() : putDown()),
    });
    const done = { onEnd: () => { tries += 1; } };
    const knobs = {
      scale: sliderField({ label: '缩放', low: 0.25, high: 3, step: 0.01, text: (v) => `${number(v)} 倍`, onInput: (scale) => change({ scale }), ...done }),
      turn: sliderField({ label: '旋转', low: -180, high: 180, step: 1, text: (v) => `${number(v)}°`, onInput: (turn) => change({ turn }), ...done }),
      offsetX: sliderField({ label: '平移', name: '平移（横）', low: -2, high: 2, step: 0.01, text: number, onInput: (x) => change({ offset: [x, pose.offset[1]] }), ...done }),
      offsetY: sliderField({ label: '', name: '平移（竖）', low: -2, high: 2, step: 0.01, text: number, onInput: (y) => change({ offset: [pose.offset[0], y] }), ...done }),
      bend: sliderField({ label: '弯', low: 0, high: 1, step: 0.01, text: (v) => (v ? `${Math.round(100 * v)}%` : '不弯'), onInput: (bend) => change({ bend }), instead: activation, ...done }),
      lift: sliderField({ label: '升维', low: 0, high: 1, step: 0.01, text: (v) => (v ? `${Math.round(100 * v)}%` : '平的'), onInput: (lift) => change({ lift }, lift > 0 ? { cut: 'sheet' } : {}), ...done }),
      height: sliderField({ label: '刀的高度', low: 0.02, high: 0.98, step: 0.01, text: (v) => number(v), onInput: (height) => change({ height }), ...done }),
    };
    knobs.height.element.classList.add('hand-height');
    // 平移要两个数：横的和竖的并排放在一行里。
    knobs.offsetX.element.classList.add('is-double');
    knobs.offsetX.element.lastElementChild?.replaceWith(knobs.offsetY.input);
    const count = html('strong', {});
    const total = html('span', {});
    const scoreNode = html('p', { class: 'hand-score' }, count, total);
    const best = {
      matrix: html('dd', {}), bend: html('dd', {}), lift: html('dd', {}),
    };
    const names = { matrix: '矩阵', bend: '加弯', lift: '加升维' };
    const record = html('dl', { class: 'hand-best', 'aria-label': '最好成绩（错几个）' });
    for (const [kind, cell] of Object.entries(best)) {
      record.append(html('div', { class: `hand-best-${kind}` }, html('dt', {}, names[/** @type {keyof typeof names} */ (kind)]), cell));
    }
    const floor = html('p', { class: 'hand-floor' });
    const say = html('p', { class: 'hand-say', 'aria-live': 'polite' });
    const again = html('button', { type: 'button', class: 'ex-button hand-again' }, '换一批点');
    again.addEventListener('click', () => ctx.act('again'));
    const side = html('div', { class: 'hand-side' },
      html('div', { class: 'hand-result' }, scoreNode, html('div', { class: 'hand-record' }, html('span', {}, '最好成绩'), record), floor),
      html('div', { class: 'hand-row' }, mode.element, again),
      html('div', { class: 'hand-knobs' },
        knobs.scale.element, knobs.turn.element, knobs.offsetX.element, knobs.bend.element,
        knobs.lift.element, knobs.height.element,
        html('div', { class: 'knob hand-cutter' }, html('span', {}, '用什么切'), cut.element)),
      html('div', { class: 'hand-formula' }, matrix.element, html('span', { class: 'hand-plus' }, '＋'), offset.element));
    const question = ctx.controls.find((/** @type {any} */ c) => c.name === 'bet').label;
    const wrap = html('div', { class: 'hand' },
      html('div', { class: 'hand-bet' }, html('span', {}, question), bet.element),
      html('div', { class: 'hand-board' }, html('div', { class: 'hand-picture' }, area, say), side));
    root.append(wrap);

    // 山的高度只看原来在平面上的位置，所以每个顶点算一次就够（等表到了再填）。
    const lines = lattice(SHEET, 0.2, 49).map((l) => ({ ...l, heights: new Float64Array(49) }));
    const border = new Float64Array(8 * 24);
    for (let i = 0; i < 24; i += 1) {
      const t = -SHEET + (2 * SHEET * i) / 24;
      border.set([t, -SHEET], 2 * i);
      border.set([SHEET, t], 2 * (24 + i));
      border.set([-t, SHEET], 2 * (48 + i));
      border.set([-SHEET, -t], 2 * (72 + i));
    }
    return {
      wrap, svg: area, axes: paperAxes, tints, paper, gridBelow, gridBelowMajor, gridAbove, gridAboveMajor,
      cat, dots: [below, above], blade: bladeNode, ring: ringNode, line, arrows, mast, spin, sides, words, say,
      bet, mode, matrix, offset, activation, cut, knobs, count, total, score: scoreNode, best, floor, side,
      sheet: { lines, border, catHeights: new Float64Array(cat.points.length / 2) },
    };
  }

  /** @param {Partial<Pose>} changes */
  function typed(changes) {
    ctx.note('');
    change(changes);
  }

  /** 慢慢走过去，走到了再告诉 Python。 @param {Partial<Pose>} changes @param {Record<string, any>} [also] */
  function slideTo(changes, also = {}) {
    picks = { ...picks, ...also };
    glide({ ...structuredClone(pose), ...changes }, 900, () => change(changes, also));
  }

  function liftUp() {
    slideTo({ lift: 1 }, { cut: 'sheet' });
  }

  function putDown() {
    if (pose.lift === 0) change({}, { cut: 'line' });
    else slideTo({ lift: 0 }, { cut: 'line' });
  }

  function backToMatrix() {
    const matrix = effective(pose).map((v) => limit(tidy(v), 3));
    change({ scale: 1, turn: 0, bend: 0, lift: 0, matrix }, { powers: false, cut: 'line' });
  }

  function resize() {
    const width = ctx.width() || stage.clientWidth;
    if (!width) return;
    const wide = width >= 700;
    parts.wrap.classList.toggle('is-wide', wide);
    const size = Math.round(wide ? Math.min(600, width - 340) : Math.min(width, 560));
    view = plane(size, size, REACH);
    parts.svg.setAttribute('width', String(size));
    parts.svg.setAttribute('height', String(size));
    parts.svg.style.setProperty('--dot', size < 420 ? '0.8' : '1');
    parts.axes.update(view);
    draw();
  }

  return {
    /** @param {any} scene */
    draw(scene) {
      const values = ctx.get();
      const first = !data;
      const points = scene.points.data;
      const changed = !first && (points.length !== data.points.length || points.some((/** @type {number} */ v, /** @type {number} */ i) => Math.abs(v - data.points[i]) > 1e-6));
      if (changed) best = {};
      // 表每次都换成新的：Python 里的函数改了，画面就得跟着改。
      data = { ...data, ...tablesOf(scene) };
      fillHeights(parts.sheet, parts.cat.points, data.hill);
      if (changed && points.length === data.points.length && !ctx.reducedMotion) {
        travel(data.points, data.heights, scene);
      } else Object.assign(data, { points, heights: scene.heights.data });
      Object.assign(data, { labels: scene.labels.data, floor: scene.floor });
      if (first) {
        pose = poseOf(values);
        picks = picksOf(values);
        resize();
        return;
      }
      if (dragging || moving) {
        draw(); // 读者的手和正在走的动画说了算，走完自会告诉 Python
        return;
      }
      const target = poseOf(values);
      picks = picksOf(values);
      if (same(pose, target)) draw();
      else glide(target);
    },
    resize,
    theme() {},
    destroy() {
      moving = -1;
      for (const h of Object.values(handles)) h.destroy();
      parts.wrap.remove();
    },
  };
}

// —— 和控件的值来回换 ——

/** @param {any} values @returns {Pose} */
function poseOf(values) {
  return {
    matrix: values.matrix.flat(),
    offset: [values.offset[0], values.offset[1]],
    start: [values.line_start[0], values.line_start[1]],
    end: [values.line_end[0], values.line_end[1]],
    scale: values.scale,
    turn: values.turn,
    bend: values.bend,
    lift: values.lift,
    height: values.height,
  };
}

/** @param {any} values */
function picksOf(values) {
  return {
    powers: Boolean(values.powers),
    activation: String(values.activation),
    cut: String(values.cut),
    bet: String(values.bet),
  };
}

/** @param {Partial<Pose>} changes */
function controlsOf(changes) {
  /** @type {Record<string, any>} */
  const controls = {};
  for (const [name, value] of Object.entries(changes)) {
    if (name === 'matrix') {
      const m = /** @type {number[]} */ (value);
      controls.matrix = [[m[0], m[1]], [m[2], m[3]]];
    } else if (name === 'start') controls.line_start = value;
    else if (name === 'end') controls.line_end = value;
    else controls[name] = value;
  }
  return controls;
}

/** @param {any} scene */
function tablesOf(scene) {
  const { bends, cosine, sine, hill } = scene.tables;
  return {
    bends: Object.fromEntries(Object.entries(bends).map(([name, table]) => [name, lookup(/** @type {any} */ (table))])),
    cosine: lookup(cosine),
    sine: lookup(sine),
    hill: lookup(hill),
  };
}

/** @param {any} sheet @param {ArrayLike<number>} cat @param {(r: number) => number} hill */
function fillHeights(sheet, cat, hill) {
  const at = (/** @type {ArrayLike<number>} */ points, /** @type {Float64Array} */ heights) => {
    for (let k = 0; k < heights.length; k += 1) {
      const [x, y] = [points[2 * k], points[2 * k + 1]];
      heights[k] = hill(Math.sqrt(x * x + y * y));
    }
  };
  for (const line of sheet.lines) at(line.points, line.heights);
  at(cat, sheet.catHeights);
}

// —— 小算术 ——

/** @param {Pose} from @param {Pose} to @param {number} t @returns {Pose} */
function between(from, to, t) {
  /** @type {any} */
  const out = {};
  for (const key of /** @type {(keyof Pose)[]} */ (Object.keys(from))) {
    const [a, b] = /** @type {any[]} */ ([from[key], to[key]]);
    out[key] = Array.isArray(a) ? a.map((v, i) => v + t * (b[i] - v)) : a + t * (b - a);
  }
  return out;
}

/** @param {Pose} a @param {Pose} b */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** 留四位小数：链接短，Python 得到的也正是画着的。 @param {number} v */
function tidy(v) {
  return Math.round(v * 1e4) / 1e4;
}

/** @param {number} v @param {number} most */
function limit(v, most) {
  return Math.max(-most, Math.min(most, v));
}

/**
 * 多边形在直线 a → b 一侧的部分；``side`` 为正留下叉积为正的一侧。
 * @param {number[]} polygon @param {number} ax @param {number} ay @param {number} bx @param {number} by @param {number} side
 */
function half(polygon, ax, ay, bx, by, side) {
  const level = (/** @type {number} */ x, /** @type {number} */ y) =>
    side * ((bx - ax) * (y - ay) - (by - ay) * (x - ax));
  const out = [];
  for (let i = 0; i < polygon.length; i += 2) {
    const [x, y] = [polygon[i], polygon[i + 1]];
    const j = (i + 2) % polygon.length;
    const [u, v] = [polygon[j], polygon[j + 1]];
    const [p, q] = [level(x, y), level(u, v)];
    if (p >= 0) out.push(x, y);
    if (p >= 0 !== q >= 0) out.push(x + (p / (p - q)) * (u - x), y + (p / (p - q)) * (v - y));
  }
  return out;
}

/**
 * 一条折线按高度分成刀下和刀上两部分。
 * @param {Float64Array} spots @param {ArrayLike<number>} heights @param {number} level
 * @returns {[string, string]}
 */
function split(spots, heights, level) {
  const paths = /** @type {[string, string]} */ (['', '']);
  let before = -1;
  for (let k = 0; k + 1 < heights.length; k += 1) {
    const where = (heights[k] + heights[k + 1]) / 2 > level ? 1 : 0;
    if (where !== before) paths[where] += `M${spots[2 * k].toFixed(1)} ${spots[2 * k + 1].toFixed(1)}`;
    paths[where] += `L${spots[2 * k + 2].toFixed(1)} ${spots[2 * k + 3].toFixed(1)}`;
    before = where;
  }
  return paths;
}

/** 一层点：先画边，再画错的那些的黑边，最后画点。 @param {Element} parent */
function dotLayer(parent) {
  const group = svg('g', { class: 'dots', 'aria-hidden': 'true' }, parent);
  const rims = ['dots-rim-0', 'dots-rim-1'].map((name) => svg('path', { class: name }, group));
  const wrongs = ['dots-wrong-0', 'dots-wrong-1'].map((name) => svg('path', { class: name }, group));
  const dots = ['dots-0', 'dots-1'].map((name) => svg('path', { class: name }, group));
  return {
    /** @param {ArrayLike<number>} spots @param {number[][]} which 错的橙、错的蓝、对的橙、对的蓝 */
    update(spots, which) {
      for (const c of [0, 1]) {
        rims[c].setAttribute('d', dotPath(spots, which[c + 2]));
        wrongs[c].setAttribute('d', dotPath(spots, which[c]));
        dots[c].setAttribute('d', dotPath(spots, [...which[c], ...which[c + 2]]));
      }
    },
  };
}

/** @param {SVGElement} text @param {boolean} shown @param {number} x @param {number} y */
function place(text, shown, x, y) {
  text.setAttribute('visibility', shown ? 'visible' : 'hidden');
  text.setAttribute('x', x.toFixed(1));
  text.setAttribute('y', y.toFixed(1));
}
