// @ts-check
/** 等比例的坐标平面：像素与坐标的换算、纸一样的细格子、几个刻度，以及把点和线写成 SVG 路径。 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * 造一个 SVG 元素并挂上去。
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {Element | null} [parent]
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, parent = null) {
  const node = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  for (const key of Object.keys(attributes)) node.setAttribute(key, String(attributes[key]));
  if (parent) parent.append(node);
  return node;
}

/**
 * @typedef {object} Plane
 * @property {number} width 像素宽
 * @property {number} height 像素高
 * @property {number} scale 一个单位是几像素；横竖相同，圆不会画成椭圆
 * @property {number} left @property {number} right
 * @property {number} bottom @property {number} top 看得见的坐标范围
 * @property {(x: number) => number} x 横坐标 → 像素
 * @property {(y: number) => number} y 竖坐标 → 像素
 * @property {(px: number, py: number) => [number, number]} at 像素 → 坐标
 */

/**
 * 一块等比例的平面：短边从中心往两头各看得见 ``reach`` 个单位，长边看得更远。
 * @param {number} width @param {number} height @param {number} reach
 * @param {[number, number]} [centre]
 * @returns {Plane}
 */
export function plane(width, height, reach, centre = [0, 0]) {
  const scale = Math.min(width, height) / (2 * reach);
  const [cx, cy] = centre;
  const halfX = width / 2 / scale;
  const halfY = height / 2 / scale;
  return {
    width,
    height,
    scale,
    left: cx - halfX,
    right: cx + halfX,
    bottom: cy - halfY,
    top: cy + halfY,
    x: (x) => width / 2 + (x - cx) * scale,
    y: (y) => height / 2 - (y - cy) * scale,
    at: (px, py) => [cx + (px - width / 2) / scale, cy - (py - height / 2) / scale],
  };
}

/**
 * 一段坐标里的「整」刻度，步长是 1、2、5 乘十的幂，至多 ``most`` 个。
 * @param {number} low @param {number} high @param {number} [most]
 * @returns {number[]}
 */
export function ticks(low, high, most = 5) {
  if (!(high > low)) return [];
  let step = 1;
  while ((high - low) / step > most) step *= 10;
  while ((high - low) / (step / 10) <= most) step /= 10;
  for (const part of [step / 5, step / 2]) {
    if ((high - low) / part <= most) {
      step = part;
      break;
    }
  }
  const marks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    marks.push(k * step);
  }
  return marks;
}

/**
 * 数字写给人看：至多三位有效数字，真正的减号，没有多余的零。
 * @param {number} value @param {number} [digits]
 */
export function number(value, digits = 3) {
  if (Math.abs(value) < 5e-4) return '0';
  const text = String(Number(value.toPrecision(digits)));
  return text.replace('-', '−');
}

/**
 * 方格的线，每条线取若干个点，好让它能弯。
 * @param {number} reach 从 −reach 到 reach @param {number} step 线距 @param {number} [samples] 每条线几个点
 * @returns {{points: Float64Array, major: boolean}[]} 每条线的点按 x, y, x, y … 排；过整数的线是 major
 */
export function lattice(reach, step, samples = 2) {
  const lines = [];
  const half = Math.floor(reach / step + 1e-9);
  for (let k = -half; k <= half; k += 1) {
    const at = k * step;
    const major = Math.abs(at - Math.round(at)) < 1e-9;
    for (const across of [true, false]) {
      const points = new Float64Array(2 * samples);
      for (let i = 0; i < samples; i += 1) {
        const along = -reach + (2 * reach * i) / (samples - 1);
        points[2 * i] = across ? along : at;
        points[2 * i + 1] = across ? at : along;
      }
      lines.push({ points, major });
    }
  }
  return lines;
}

/**
 * 一串像素点 → 折线的路径。
 * @param {ArrayLike<number>} pixels x, y, x, y … @param {boolean} [closed]
 */
export function linePath(pixels, closed = false) {
  let path = '';
  for (let i = 0; i + 1 < pixels.length; i += 2) {
    path += `${i ? 'L' : 'M'}${pixels[i].toFixed(1)} ${pixels[i + 1].toFixed(1)}`;
  }
  return closed ? `${path}Z` : path;
}

/**
 * 许多点 → 一条路径：每个点是长度为零的一段，靠圆头或方头的线端画出来，几百个点也只有一个元素。
 * 样式里给 ``stroke-linecap: round``（圆点）或 ``square``（方点），``stroke-width`` 就是点的大小。
 * @param {ArrayLike<number>} pixels x, y, x, y …
 * @param {ArrayLike<number>} [which] 只画这些序号
 */
export function dotPath(pixels, which) {
  let path = '';
  const count = which ? which.length : pixels.length / 2;
  for (let k = 0; k < count; k += 1) {
    const i = 2 * (which ? which[k] : k);
    path += `M${pixels[i].toFixed(1)} ${pixels[i + 1].toFixed(1)}h.01`;
  }
  return path;
}

/**
 * 坐标纸：细格、过原点的两条轴、边上几个数字和轴名。样式类见 picture.css。
 * @param {Element} parent 一个 svg 或 g
 * @param {{grid?: number, names?: [string, string] | null, labels?: number}} [options]
 *   grid 细格的间距（0 为不画），names 两条轴的名字，labels 每条轴至多几个数字（0 为不写）
 * @returns {{node: SVGElement, update: (plane: Plane) => void}}
 */
export function axes(parent, options = {}) {
  const { grid = 0.5, names = null, labels = 5 } = options;
  const node = svg('g', { class: 'axes', 'aria-hidden': 'true' }, parent);
  const fine = svg('path', { class: 'axes-grid' }, node);
  const cross = svg('path', { class: 'axes-cross' }, node);
  const texts = svg('g', { class: 'axes-text' }, node);

  /** @param {Plane} p */
  function update(p) {
    let path = '';
    if (grid > 0) {
      for (let k = Math.ceil(p.left / grid); k * grid <= p.right; k += 1) {
        path += `M${p.x(k * grid).toFixed(1)} 0V${p.height}`;
      }
      for (let k = Math.ceil(p.bottom / grid); k * grid <= p.top; k += 1) {
        path += `M0 ${p.y(k * grid).toFixed(1)}H${p.width}`;
      }
    }
    fine.setAttribute('d', path);
    cross.setAttribute('d', `M0 ${p.y(0).toFixed(1)}H${p.width}M${p.x(0).toFixed(1)} 0V${p.height}`);
    texts.replaceChildren();
    if (labels > 0) {
      const inset = 0.12 * (p.right - p.left);
      for (const v of ticks(p.left + inset, p.right - inset, labels)) {
        if (Math.abs(v) < 1e-9) continue;
        const t = svg('text', { x: p.x(v), y: p.height - 6, 'text-anchor': 'middle' }, texts);
        t.textContent = number(v);
      }
      for (const v of ticks(p.bottom + inset, p.top - inset, labels)) {
        if (Math.abs(v) < 1e-9) continue;
        const t = svg('text', { x: 6, y: p.y(v) + 4 }, texts);
        t.textContent = number(v);
      }
    }
    if (names) {
      const right = svg('text', { x: p.width - 6, y: p.y(0) - 6, 'text-anchor': 'end' }, texts);
      right.textContent = names[0];
      const up = svg('text', { x: p.x(0) + 6, y: 14 }, texts);
      up.textContent = names[1];
    }
  }
  return { node, update };
}
