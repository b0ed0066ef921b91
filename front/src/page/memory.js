// @ts-check
/**
 * 读者的记录：读到哪里、每个图离开时的样子。练习的答案和改过的代码各自记着，都只在这个浏览器里；
 * 浏览器不让存，就什么也不记。清除时一起清掉。
 */
import { el } from '../dom.js';

const READING = 'zhi-reading';
const STATE = 'zhi-state:';
/** 清除记录时清掉的：除了选过的明暗，全部。 */
const OURS = [READING, STATE, 'exercise:', 'zhi-cell:'];
const QUIET = 1500; // 毫秒：停手这么久才记
const LARGEST = 60000; // 字：再长的不记（走过几千步改动的记录）

/** @param {string} key @returns {any} */
function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} key @param {any} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* 不让存，或者满了：下次就从头来。 */ }
}

/** 清掉这个浏览器里关于这本书的记录。 */
export function forget() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (OURS.some((prefix) => key.startsWith(prefix))) localStorage.removeItem(key);
    }
  } catch { /* 本来就没有记录。 */ }
}

// ── 图 ───────────────────────────────────────────────────────────────────────

/**
 * 跟着一个图：读者停手之后记下它的样子；上次离开时的样子和现在不同，就给一个接着来的按钮。
 * @param {string} id @param {any} shell
 */
export function follow(id, shell) {
  const before = recall(STATE + id);
  const pristine = JSON.stringify(shell.values);
  if (before?.class === shell.model.get('_class') && (before.steps || before.log?.length || JSON.stringify(before.start) !== pristine)) {
    shell.offer('接着上次', '回到上次离开时的样子', () => shell.do({ op: 'restore', state: before }));
  }
  let waiting = 0;
  shell.onChange = () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(async () => {
      if (shell.running) {
        shell.onChange();
        return;
      }
      const state = await shell.state().catch(() => null);
      if (state && JSON.stringify(state).length < LARGEST) keep(STATE + id, state);
    }, QUIET);
  };
}

// ── 读到哪里 ─────────────────────────────────────────────────────────────────

/** 这一页现在读到的那一节。 */
function section() {
  let found = null;
  for (const heading of document.querySelectorAll('main h2, main h3')) {
    if (heading.getBoundingClientRect().top > innerHeight / 3) break;
    found = heading;
  }
  return found;
}

/** 节的标题，不要后面那个 § 链接。 @param {Element} heading */
function title(heading) {
  const copy = /** @type {Element} */ (heading.cloneNode(true));
  copy.querySelector('.headerlink')?.remove();
  return (copy.textContent ?? '').trim();
}

/** 一章：边读边记。封面和书后的页不记。 @param {string} root 网站的根，从这一页看 */
function readingHere(root) {
  const chapter = document.querySelector('main h1');
  if (!chapter || !document.querySelector('.take-home')) return;
  const base = new URL(root, document.baseURI).href;
  const page = location.href.split('#')[0].slice(base.length);
  const before = recall(READING);
  if (before?.page === page && before.section && !location.hash) {
    const target = document.getElementById(before.section);
    if (target && target.getBoundingClientRect().top > innerHeight) {
      chapter.after(el('p', { class: 'resume' }, el('a', { href: `#${before.section}` }, `接着读：${before.part}`)));
    }
  }
  let waiting = 0;
  addEventListener('scroll', () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const heading = section();
      keep(READING, {
        page, chapter: title(chapter),
        section: heading?.closest('section')?.id ?? '', part: heading ? title(heading) : '',
      });
    }, 400);
  }, { passive: true });
}

/** 封面：上次读到的地方，和一个清除记录的按钮。 */
function resumeFromCover() {
  const start = document.querySelector('body.cover main a.button');
  const before = recall(READING);
  if (!start || !before?.page) return;
  const hash = before.section ? `#${before.section}` : '';
  const where = before.part ? `${before.chapter} · ${before.part}` : before.chapter;
  const line = el('p', { class: 'resume' }, el('a', { href: before.page + hash }, `继续上次：${where}`));
  line.append(wipe(() => line.remove()));
  start.closest('p')?.after(line);
}

/** 清除记录的按钮；按一下先问一句，再按才清。 @param {() => void} done */
function wipe(done) {
  const button = el('button', { type: 'button', class: 'quiet' }, '清除记录');
  button.addEventListener('click', () => {
    if (button.dataset.sure) {
      forget();
      done();
    } else {
      button.dataset.sure = 'yes';
      button.textContent = '读到哪里、答案、改过的代码都会清掉，真的要清吗？';
    }
  });
  button.addEventListener('blur', () => {
    delete button.dataset.sure;
    button.textContent = '清除记录';
  });
  return button;
}

/** @param {string} root */
export function beginMemory(root) {
  readingHere(root);
  resumeFromCover();
  const here = document.getElementById('wipe-here');
  if (here) here.replaceChildren(wipe(() => here.replaceChildren('已经清掉了。')));
}
