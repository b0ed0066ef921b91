// @ts-check
/**
 * 每一页都有的那一点脚本：明暗、目录、旁注、能横滚的区域、公式和搜索的入口。
 * 公式和搜索都是用到才取；这里的一切在没有脚本时都有一个不动的样子。
 */

import { beginMemory } from './memory.js';
import { afterPrint, beforePrint } from './print.js';

/** @typedef {{root: string, mathjax?: string, search?: string}} Site */

/** @returns {Site} */
export function site() {
  return JSON.parse(document.getElementById('page-site')?.textContent ?? '{"root": "./"}');
}

/** @param {string} relative */
const absolute = (relative) => new URL(relative, document.baseURI).href;

// ── 明暗 ─────────────────────────────────────────────────────────────────────

const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);
const THEME_NAMES = { auto: '随系统', light: '浅色', dark: '深色' };

/** @returns {'auto'|'light'|'dark'} */
function currentTheme() {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

/** @param {'auto'|'light'|'dark'} theme */
function applyTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function themeSwitch() {
  const button = document.getElementById('theme-switch');
  if (!button) return;
  const show = () => {
    const theme = currentTheme();
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    const label = `明暗：${THEME_NAMES[theme]}，点一下换成${THEME_NAMES[next]}`;
    button.setAttribute('aria-label', label);
    button.title = label;
    const text = button.querySelector('span');
    if (text) text.textContent = THEME_NAMES[theme];
  };
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length];
    applyTheme(next);
    try {
      localStorage.setItem('zhi-theme', next);
    } catch { /* 不让存就只管这一页。 */ }
    show();
  });
  // 纸是白的：印的时候换成浅色，印完换回来。
  /** @type {'auto'|'light'|'dark'} */
  let before = 'auto';
  addEventListener('beforeprint', () => {
    before = currentTheme();
    applyTheme('light');
    beforePrint();
  });
  addEventListener('afterprint', () => {
    applyTheme(before);
    afterPrint();
  });
  show();
}

// ── 目录 ─────────────────────────────────────────────────────────────────────

function contents() {
  const sheet = /** @type {HTMLDetailsElement|null} */ (document.getElementById('contents'));
  const summary = sheet?.querySelector('summary');
  if (!sheet || !summary) return;
  const close = () => { sheet.open = false; };
  sheet.addEventListener('toggle', () => {
    if (sheet.open) sheet.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
  });
  sheet.addEventListener('click', (event) => {
    // 点在纸外面（遮罩是 details 自己的伪元素），或者选了一个去处，都收起来。
    const target = /** @type {Element} */ (event.target);
    if (target === sheet || target.closest('nav a')) close();
  });
  sheet.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !sheet.open) return;
    close();
    summary.focus();
  });
  sheet.addEventListener('focusout', (event) => {
    const next = /** @type {Node|null} */ (event.relatedTarget);
    if (next && !sheet.contains(next)) close();
  });
}

// ── 旁注 ─────────────────────────────────────────────────────────────────────

function asides() {
  for (const button of document.querySelectorAll('.aside-open')) {
    button.addEventListener('click', () => {
      const opened = button.closest('.aside')?.classList.toggle('opened') ?? false;
      button.setAttribute('aria-expanded', String(opened));
    });
  }
}

// ── 能横滚的区域要能用键盘滚 ─────────────────────────────────────────────────

const SCROLLED = [['pre', '代码'], ['.scroll', '表格'], ['.math.display', '公式']];

function scrollRegions() {
  for (const [selector, name] of SCROLLED) {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) {
      if (element.scrollWidth > element.clientWidth + 1) {
        element.tabIndex = 0;
        element.setAttribute('role', 'group');
        element.setAttribute('aria-label', `${name}，可以左右滚动`);
      } else if (element.getAttribute('role') === 'group') {
        element.removeAttribute('tabindex');
        element.removeAttribute('role');
        element.removeAttribute('aria-label');
      }
    }
  }
}

// ── 公式 ─────────────────────────────────────────────────────────────────────

/** 第一幅画面画出来（或者等够了）之后才继续。 */
async function afterFirstPicture() {
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => { addEventListener('load', resolve, { once: true }); });
  }
  const first = document.querySelector('div.explorable[data-explorable]');
  const near = first && first.getBoundingClientRect().top < innerHeight + 600;
  for (let waited = 0; near && waited < 3000; waited += 50) {
    if (first.hasAttribute('data-drawn') || first.getAttribute('data-state') === 'failed') break;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  await new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(resolve, { timeout: 1000 });
    else setTimeout(resolve, 50);
  });
}

/** @type {Promise<any>|null} */
let mathjax = null;

/** 取来 MathJax（一页一次），排好页上现有的公式。 @param {string} folder */
function loadMathJax(folder) {
  const base = absolute(folder).replace(/\/$/, '');
  mathjax ??= new Promise((resolve, reject) => {
    const scope = /** @type {any} */ (window);
    scope.MathJax = {
      loader: { paths: { mathjax: base }, load: ['input/tex', 'output/chtml', 'a11y/assistive-mml'] },
      tex: { inlineMath: [['\\(', '\\)']], displayMath: [['\\[', '\\]']] },
      chtml: {
        fontURL: `${base}/output/chtml/fonts/woff-v2`,
        matchFontHeight: false,
        scale: 1.06,
        mtextInheritFont: true,
        displayAlign: 'center',
      },
      startup: {
        elements: ['.math'],
        pageReady: () => {
          // 先去掉原文的字号字体，MathJax 才量得准。
          for (const element of document.querySelectorAll('.math')) element.classList.add('done');
          return scope.MathJax.startup.defaultPageReady().then(() => resolve(scope.MathJax));
        },
      },
    };
    const script = document.createElement('script');
    script.src = `${base}/startup.js`;
    script.onerror = () => reject(new Error('公式排版没有取到，先看 TeX 原文'));
    document.head.append(script);
  });
  return mathjax;
}

/**
 * 排好一个元素里后来才出现的公式（练习的提示、运行出来的文字）。
 * @param {HTMLElement} element
 */
export async function typeset(element) {
  const folder = site().mathjax;
  if (!folder || !element.querySelector('.math')) return;
  const engine = await loadMathJax(folder);
  for (const math of element.querySelectorAll('.math')) math.classList.add('done');
  await engine.typesetPromise([element]);
}

async function formulas() {
  const folder = site().mathjax;
  if (!folder || !document.querySelector('.math')) return;
  await afterFirstPicture();
  try {
    await loadMathJax(folder);
    scrollRegions();
  } catch (error) {
    console.warn(String(error));
  }
}

// ── 搜索 ─────────────────────────────────────────────────────────────────────

function searching() {
  const index = site().search;
  if (!index) return;
  const here = document.getElementById('search-here');
  if (here) {
    import('./search.js').then((module) => module.searchPage(here, absolute(index)));
    return;
  }
  const opener = document.getElementById('search-open');
  const open = () => import('./search.js').then((module) => module.searchDialog(absolute(index)));
  opener?.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // 想在新标签页里搜就让他去。
    event.preventDefault();
    open();
  });
  addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const typing = target.closest?.('input, textarea, select, [contenteditable]');
    const slash = event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const combined = event.key === 'k' && (event.ctrlKey || event.metaKey);
    if (!slash && !combined) return;
    event.preventDefault();
    open();
  });
}

// ── 打印 ─────────────────────────────────────────────────────────────────────

/** 「打印这一章」：先把每幅图都画出来，换成浅色，再叫浏览器打印。 */
function printing() {
  const button = /** @type {HTMLButtonElement|null} */ (document.getElementById('print-page'));
  if (!button) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    const theme = currentTheme();
    try {
      const pictures = [...document.querySelectorAll('main .explorable[id]')];
      const scope = /** @type {any} */ (window);
      await Promise.allSettled(pictures.map((one) => scope.explorable(one.id).get()));
      await loadMathJax(site().mathjax ?? '').catch(() => {});
      applyTheme('light');
      await new Promise((done) => { setTimeout(done, 400); });
      window.print();
    } finally {
      applyTheme(theme);
      button.disabled = false;
    }
  });
}

// ── 投影 ─────────────────────────────────────────────────────────────────────

function projecting() {
  const button = document.getElementById('project-open');
  if (!button) return;
  if (!document.querySelector('main .explorable')) {
    button.remove();
    return;
  }
  button.hidden = false;
  button.addEventListener('click', () => import('./project.js').then((module) => module.project()));
}

function begin() {
  beginMemory(site().root);
  projecting();
  printing();
  themeSwitch();
  contents();
  asides();
  scrollRegions();
  searching();
  formulas();
  let waiting = 0;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(scrollRegions, 200);
  });
}

begin();
