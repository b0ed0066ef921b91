// @ts-check
/**
 * 网页的入口：找到页上的交互图，快到屏幕时取来它的场景模块，把烘焙好的画面立刻画出来。
 * Python 不在这里启动；读者动了烘焙画面答不了的东西，PageHost 才去叫醒它。
 */
import { fromFrames, fromInline } from './codec.js';
import { PageHost } from './page/host.js';
import { follow } from './page/memory.js';
import './page/site.js';
import { Shell } from './shell.js';

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/**
 * 一种图的样式表，构建时放在它的模块旁边。第一幅图的已经写在页头里；别的用到时才去取，来了再画。
 * 取不到也算来过：图没有样子，总还能用。
 * @param {string} kind
 */
function sheet(kind) {
  let here = sheets.get(kind);
  if (!here) {
    const { href } = new URL(`./scenes/${kind}.css`, import.meta.url);
    here = document.querySelector(`style[data-kind="${kind}"]`) ? Promise.resolve() : new Promise((resolve) => {
      const link = document.createElement('link');
      link.addEventListener('load', () => resolve());
      link.addEventListener('error', () => resolve());
      Object.assign(link, { rel: 'stylesheet', href });
      document.head.prepend(link); // 和页头里的一样，在全书的样式前面：投影和印刷的几条盖得过它。
    });
    sheets.set(kind, here);
  }
  return here;
}

/** 每种场景一个模块，用到才取；esbuild 会把这个模板展开成 scenes/ 里的全部文件。 @param {string} kind */
const sceneModule = async (kind) => (await Promise.all([import(`./scenes/${kind}.js`), sheet(kind)]))[0];

/** @type {Map<string, Promise<Shell>>} */
const opened = new Map();
/** @type {Map<string, () => Promise<Shell>>} */
const known = new Map();
/** @type {PageHost|null} */
let pageHost = null;

/** Python 的几个文件在哪里，由页面内嵌的数据给出。 */
function engine() {
  const config = JSON.parse(document.getElementById('page-engine')?.textContent ?? '{}');
  for (const name of ['worker', 'pyodide', 'wheel', 'plotly']) {
    if (config[name]) config[name] = new URL(config[name], document.baseURI).href;
  }
  return config;
}

function host() {
  pageHost ??= new PageHost(engine());
  return pageHost;
}

/** @param {HTMLElement} element @returns {Promise<Shell>} */
async function open(element) {
  const data = JSON.parse(element.querySelector('script[type="application/json"].ex-data')?.textContent ?? 'null');
  if (!data) throw new Error(`${element.id} 没有带画面`);
  const first = fromInline(element.querySelector('script.ex-scene')?.textContent ?? 'null');
  const create = (await sceneModule(data.spec.kind)).default;
  const frames = data.frames
    ? () => fetch(new URL(data.frames, document.baseURI)).then((response) => {
      if (!response.ok) throw new Error(String(response.status));
      return fromFrames(response);
    })
    : null;
  const model = host().model(element.id, data.class, data.spec, data.start, first, frames);
  const link = linkFor(element.id);
  if (link) model.set('_link', link);
  const body = document.createElement('div');
  element.append(body);
  const shell = new Shell(model, body, create);
  shell.begin();
  if (!link) follow(element.id, shell);
  element.querySelector('.poster')?.remove();
  element.dataset.drawn = 'true';
  return shell;
}

/** 地址里 #编号=状态 的那一份。 @param {string} id */
function linkFor(id) {
  const match = /^#([^=]+)=([\w-]+)$/.exec(location.hash);
  if (!match || decodeURIComponent(match[1]) !== id) return null;
  try {
    const raw = atob(match[2].replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(raw, (c) => c.charCodeAt(0))));
  } catch {
    return { class: '', start: {}, steps: 0, log: [] }; // 坏链接：交给 Python 说清哪里不对。
  }
}

/** @param {string} id @returns {Promise<Shell>} */
function shellOf(id) {
  const make = known.get(id);
  if (!make) return Promise.reject(new Error(`这一页没有叫 ${id} 的交互图，有的是：${[...known.keys()].join('、')}`));
  return make();
}

/**
 * 约定：老师的脚本、读屏工具和测试都用它。每个方法都返回 promise。
 * @param {string} id
 */
function explorable(id) {
  /** @type {Record<string, any>} */
  const promised = {};
  for (const name of ['get', 'set', 'act', 'step', 'scene', 'reset', 'run', 'pause', 'cancel', 'state', 'link']) {
    promised[name] = async (/** @type {any[]} */ ...args) => {
      const contract = /** @type {any} */ ((await shellOf(id)).contract());
      return contract[name](...args);
    };
  }
  return promised;
}

function begin() {
  const elements = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('div.explorable[data-explorable]')]);
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) known.get(entry.target.id)?.();
    }
  }, { rootMargin: '600px 0px' });
  for (const element of elements) {
    known.set(element.id, () => {
      let promise = opened.get(element.id);
      if (!promise) {
        watcher.unobserve(element);
        promise = open(element);
        promise.catch((error) => {
          element.setAttribute('data-state', 'failed');
          console.error(error);
        });
        opened.set(element.id, promise);
      }
      return promise;
    });
    watcher.observe(element);
  }
  const linked = /^#([^=]+)=/.exec(location.hash);
  if (linked) {
    const target = document.getElementById(decodeURIComponent(linked[1]));
    target?.scrollIntoView({ block: 'center' });
  }
  Object.assign(window, { explorable });
  if (document.querySelector('.plotly-card')) import('./page/plotly.js').then((module) => module.begin());
  const alive = document.querySelector('script.cell-data, .exercise[data-kind="code"]')
    ? import('./page/cells.js').then((module) => module.begin({
      config: engine(),
      sceneModule,
      drawn: (id, shell) => known.set(id, () => Promise.resolve(shell)),
    }))
    : Promise.resolve();
  if (document.querySelector('.exercise')) {
    alive.then(() => import('./page/exercise.js')).then((module) => module.begin?.());
  }
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();

