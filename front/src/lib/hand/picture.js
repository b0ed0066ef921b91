// @ts-check
/** 橡皮膜的画面：方格、小猫、点、直线或刀。平的时候是一张纸，抬起来以后是一座可以转着看的山。 */
import { axes, dotPath, lattice, linePath, plane, svg } from '../axes.js';
import { figure } from '../figure.js';
import { invert } from '../table.js';
import { effective, warp } from './pose.js';

export const REACH = 2.1; // 画面从中心看到多远
export const TURN = 1.5; // 「转着看」的轨道的半长
const SHEET = 1.6; // 橡皮膜的半边长
const TILT = 64; // 完全抬起来时镜头俯下多少度
const HILL = 1.45; // 完全抬起来时山有多高
const MAST = 0.2; // 刀的导轨离右边多远

/** @typedef {import('./pose.js').Pair} Pair */
/** @typedef {import('./pose.js').State} State */

/** 造一幅画面。 */
export function picture() {
  let view = plane(320, 320, REACH);
  /** 刀的导轨的两头（像素）。 */
  const rail = { x: 0, top: 0, bottom: 1 };
  const parts = build();
  /** @type {State} */
  let state;

  /** @param {ArrayLike<number>} points */
  const bent = (points) => warp(points, state.pose, state.picks, state.data);

  /** 镜头：平的时候正对纸面，抬起来以后绕过去、俯下来。返回 (x, y, 高) → 像素。 */
  function camera() {
    const { pose, data, azimuth } = state;
    const { lift } = pose;
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

  function drawTint() {
    const { pose, picks, score } = state;
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
    const { pose, picks } = state;
    const cutting = picks.cut === 'sheet' && pose.lift > 0;
    let [low, high, lowMajor, highMajor] = ['', '', '', ''];
    for (const line of parts.lines) {
      const spots = pixels(bent(line.points), line.heights);
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
    parts.paper.setAttribute('d', linePath(pixels(bent(parts.border), 0), true));
    parts.cat.update(pixels(bent(parts.cat.points), parts.catHeights));
  }

  /** @param {Float64Array} mapped */
  function drawDots(mapped) {
    const { picks, pose, data, score } = state;
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
    const { pose, data } = state;
    const radius = invert(data.hill, pose.height, 0, 3);
    const circle = new Float64Array(2 * 72);
    for (let k = 0; k < 72; k += 1) {
      circle[2 * k] = radius * data.cosine(5 * k - 180);
      circle[2 * k + 1] = radius * data.sine(5 * k - 180);
    }
    return pixels(bent(circle), pose.height);
  }

  function drawCut() {
    const { pose, picks, score } = state;
    const sheetCut = picks.cut === 'sheet';
    const lifted = sheetCut && pose.lift > 0;
    parts.ring.setAttribute('d', sheetCut ? linePath(ring(), true) : '');
    const s = 1.5;
    parts.blade.setAttribute(
      'd', lifted ? linePath(pixels([-s, -s, s, -s, s, s, -s, s], pose.height), true) : '');
    parts.blade.style.opacity = String(Math.min(1, pose.lift * 2));
    rail.x = view.x(REACH - MAST);
    const see = camera();
    const [top, bottom] = [1, 0].map((h) => see(0, 0, h)[1]);
    parts.mast.setAttribute('d', lifted ? `M${rail.x.toFixed(1)} ${bottom.toFixed(1)}V${top.toFixed(1)}` : '');
    parts.spin.setAttribute('d', pose.lift > 0.5
      ? `M${view.x(-TURN).toFixed(1)} ${(view.height - 24).toFixed(1)}H${view.x(TURN).toFixed(1)}` : '');
    rail.top = top;
    rail.bottom = bottom;
    place(parts.words.blade, lifted && pose.lift > 0.3, rail.x, top - 12);
    place(parts.words.spin, pose.lift > 0.5, view.x(-TURN), view.height - 40);
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
    const { pose, data } = state;
    const flat = pose.lift === 0;
    const [a, b, c, d] = effective(pose, data);
    const [u, v] = pose.offset;
    const from = `M${view.x(u).toFixed(1)} ${view.y(v).toFixed(1)}`;
    parts.arrows.setAttribute('d', flat
      ? `${from}L${view.x(u + a).toFixed(1)} ${view.y(v + c).toFixed(1)}` +
        `${from}L${view.x(u + b).toFixed(1)} ${view.y(v + d).toFixed(1)}` : '');
    parts.arrows.classList.toggle('is-ghost', pose.bend > 0);
  }

  return {
    svg: parts.svg,
    rail,
    view: () => view,
    /** 表换过以后：山的高度只看原来在平面上的位置，所以每个顶点算一次就够。 @param {(r: number) => number} hill */
    measure(hill) {
      for (const line of parts.lines) measure(line.points, line.heights, hill);
      measure(parts.cat.points, parts.catHeights, hill);
    },
    /** @param {number} size 边长（像素） */
    resize(size) {
      view = plane(size, size, REACH);
      parts.svg.setAttribute('width', String(size));
      parts.svg.setAttribute('height', String(size));
      parts.svg.style.setProperty('--dot', size < 420 ? '0.8' : '1');
      parts.axes.update(view);
    },
    /** @param {State} now @param {Float64Array} mapped 变换过的点 */
    draw(now, mapped) {
      state = now;
      drawTint();
      drawSheet();
      drawDots(mapped);
      drawCut();
      drawArrows();
      parts.svg.setAttribute('aria-label', `橡皮膜，${now.score.wrong} 个点站错了边`);
    },
  };
}

function build() {
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
    svg: area, axes: paperAxes, tints, paper, gridBelow, gridBelowMajor, gridAbove, gridAboveMajor, cat,
    dots: [below, above], blade: bladeNode, ring: ringNode, line, arrows, mast, spin, sides, words,
    lines, border, catHeights: new Float64Array(cat.points.length / 2),
  };
}

/** @param {ArrayLike<number>} points @param {Float64Array} heights @param {(r: number) => number} hill */
function measure(points, heights, hill) {
  for (let k = 0; k < heights.length; k += 1) {
    const [x, y] = [points[2 * k], points[2 * k + 1]];
    heights[k] = hill(Math.sqrt(x * x + y * y));
  }
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
