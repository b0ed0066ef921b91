// @ts-check
/**
 * 读者要放大时才取来的 plotly（1.5 MB）：一页取一次，界面文字换成中文，颜色跟着明暗走。
 */
import { el } from '../dom.js';

/** 工具条上的字；没列出来的用不到。 */
const WORDS = {
  Autoscale: '看全部', 'Box Select': '框选', 'Click to enter X axis title': '横轴的名字',
  'Download plot': '下载图片', 'Download plot as a PNG': '下载 PNG 图片', 'Download plot as a png': '下载 PNG 图片',
  'Lasso Select': '套索选择', 'Orbital rotation': '绕着转', Pan: '平移', Reset: '还原', 'Reset axes': '还原坐标轴',
  'Reset camera to default': '镜头还原', 'Reset camera to last save': '镜头回到上次', 'Reset view': '还原',
  'Show closest data on hover': '指哪里读哪里', 'Compare data on hover': '对着读', 'Toggle Spike Lines': '辅助线',
  'Taking snapshot - this may take a few seconds': '正在存图片…', 'Snapshot succeeded': '存好了',
  'Sorry, there was a problem downloading your snapshot!': '图片没有存下来',
  'Turntable rotation': '转台', Zoom: '框选放大', 'Zoom in': '放大', 'Zoom out': '缩小',
  'Double-click to zoom back out': '双击回到全部',
};

/** @type {Promise<any>|null} */
let loading = null;

/** @param {string} address @returns {Promise<any>} */
function load(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => {
      const Plotly = /** @type {any} */ (window).Plotly;
      Plotly.register({ moduleType: 'locale', name: 'zh-CN', dictionary: WORDS, format: {} });
      resolve(Plotly);
    };
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error('画大图的程序没有取到，过一会儿再试。'));
    };
    document.head.append(script);
  });
  return loading;
}

/** {shape, data} → 一层套一层的列表，plotly 要的样子。 @param {any} value @returns {any} */
export function nested(value) {
  if (Array.isArray(value)) return value.map(nested);
  if (!value || typeof value !== 'object') return value;
  if (ArrayBuffer.isView(value.data) && Array.isArray(value.shape)) {
    /** @type {(axis: number, from: number) => any[]} */
    const build = (axis, from) => {
      const size = value.shape.slice(axis + 1).reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
      return Array.from({ length: value.shape[axis] }, (_, i) => (axis + 1 === value.shape.length
        ? value.data[from + i] : build(axis + 1, from + i * size)));
    };
    return build(0, 0);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, nested(item)]));
}

/** 这一页现在的颜色。 */
function look() {
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: color('--rule'), zerolinecolor: color('--ink-faint'), linecolor: color('--ink-faint') };
  return {
    paper_bgcolor: color('--paper'), plot_bgcolor: color('--paper'),
    font: { color: color('--ink'), family: getComputedStyle(document.body).fontFamily, size: 14 },
    hoverlabel: { bgcolor: color('--card'), font: { color: color('--ink') } },
    xaxis: axis, yaxis: axis,
    scene: { xaxis: axis, yaxis: axis, zaxis: axis, bgcolor: color('--paper') },
  };
}

/** 图里写的是浅色主题的颜色（mlcore/explorables 里的那些），按这张表换成这一页现在的。 */
const INKS = {
  '#24211c': '--ink', '#575046': '--ink-soft', '#736a5c': '--ink-faint', '#ddd4c4': '--rule', '#fffdf8': '--card',
  '#faf6ee': '--paper', '#1d6b5d': '--accent', '#0b6cab': '--blue', '#d3660e': '--orange', '#c2258f': '--magenta', '#7852c3': '--violet',
  '#008a64': '--c3', '#2f93cc': '--c4', '#9c7f00': '--c5', '#b4608f': '--c6', '#8a6d3b': '--c7', '#6b6b6b': '--c8',
};

/** @param {any} value @param {CSSStyleDeclaration} style @returns {any} */
function repainted(value, style) {
  if (typeof value === 'string') {
    const name = INKS[/** @type {keyof typeof INKS} */ (value)];
    return name ? style.getPropertyValue(name).trim() : value;
  }
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map((item) => repainted(item, style));
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, repainted(item, style)]));
}

/** 外观在下、图自己的设置在上，逐层合并。 @param {any} base @param {any} over @returns {any} */
function merged(base, over) {
  const out = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    const both = value && typeof value === 'object' && !Array.isArray(value) && out[key] && typeof out[key] === 'object';
    out[key] = both ? merged(out[key], value) : value;
  }
  return out;
}

/**
 * 把一幅图画进 ``place``。
 * @param {HTMLElement} place @param {any} figure {data, layout}，数组可以是 {shape, data} @param {string} address
 */
export async function plot(place, figure, address) {
  const Plotly = await load(address);
  const { data, layout } = repainted(nested(figure), getComputedStyle(document.documentElement));
  const axes = Object.fromEntries(Object.keys(layout ?? {}).filter((k) => /^[xy]axis\d+$/.test(k)).map((k) => [k, look().xaxis]));
  const solid = data.some((/** @type {any} */ trace) => /3d|surface/.test(trace.type));
  const far = place.clientWidth < 500 ? 1.6 : 1.1;
  const room = solid
    ? { margin: { l: 0, r: 0, t: layout?.title ? 56 : 30, b: 0 }, scene: { domain: { y: [0.12, 1] }, camera: { eye: { x: far * 1.3, y: far * -1.4, z: far } } } }
    : { margin: { l: 60, r: 20, t: 40, b: 90 } };
  const legend = { orientation: 'h', x: 0, y: solid ? 0 : -0.26, yanchor: solid ? 'bottom' : 'top' };
  await Plotly.newPlot(place, data, merged(merged({ ...look(), ...axes }, { ...room, legend, autosize: true }), layout), {
    responsive: true, displaylogo: false, locale: 'zh-CN', showSendToCloud: false,
  });
}

/**
 * 在一个盖住全页的对话框里放大：窗口先开，画图的程序和图的数据一起去取。
 * @param {Promise<any>} asked 图，等 Python 交来 @param {string} title @param {string} address
 */
export async function enlarge(asked, title, address) {
  const place = el('div', { class: 'ex-large-plot' }, el('p', {}, '正在取画大图的程序…'));
  const close = el('button', { type: 'button', class: 'ex-button' }, '关上');
  const dialog = /** @type {HTMLDialogElement} */ (el('dialog', { class: 'ex-large', 'aria-label': title },
    el('div', { class: 'ex-large-head' }, el('h2', {}, title), close), place));
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const box = el('div', { class: 'ex-large-box' });
    const [figure] = await Promise.all([asked, load(address)]);
    if (!dialog.open) return; // 等不及，先关上了
    place.replaceChildren(box);
    await plot(box, figure, address);
  } catch (error) {
    place.replaceChildren(el('p', { role: 'alert' }, /** @type {Error} */ (error).message));
  }
}

/** 笔记本里 figure(…) 的那些图：按一下才画。 */
export function begin() {
  for (const card of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.plotly-card[data-figure]'))) {
    const button = el('button', { type: 'button', class: 'ex-button' }, '画出来（能转、能放大、能读数）');
    const said = el('span', { role: 'status' });
    button.addEventListener('click', async () => {
      said.textContent = '正在取画大图的程序…';
      try {
        const response = await fetch(new URL(card.dataset.figure ?? '', document.baseURI));
        if (!response.ok) throw new Error('这幅图的数据没有取到，过一会儿再试。');
        const figure = await response.json();
        const box = el('div', { class: 'plotly-box' });
        const address = new URL(card.dataset.plotly ?? '', document.baseURI).href;
        await load(address);
        button.remove();
        said.textContent = '';
        card.append(box);
        await plot(box, figure, address);
      } catch (error) {
        said.textContent = /** @type {Error} */ (error).message;
      }
    });
    card.append(el('p', { class: 'plotly-open' }, button, said));
  }
}
