// @ts-check
/**
 * 全书搜索：构建时写好的各节文字，在这里切成单字、相邻两字和拉丁词，交给 MiniSearch 排序。
 * 第一次打开搜索时才取；结果给出找到的那一句。
 */
import MiniSearch from 'minisearch';
import { el } from '../dom.js';

/** @typedef {{id: number, url: string, page: string, heading: string, text: string, code: string}} Section */
/** @typedef {{url: string, page: string, heading: string, sentence: string,
 *   words: string[], score: number}} Hit */

const MOST = 20;
const SENTENCE = 64; // 一句最多显示这么多字
const HAN = /\p{Script=Han}/u;
const PIECES = /\p{Script=Han}+|[\p{L}\p{N}_]+(?:[.'’+#-][\p{L}\p{N}_]+)*|\p{S}/gu;

/** 全角半角、大小写都看作一样。 @param {string} text */
export const normal = (text) => text.normalize('NFKC').toLowerCase();

/**
 * 切词。索引里汉字既有单字也有相邻两字；问的时候，一个字按单字找，几个字按相邻两字找。
 * @param {string} text @param {boolean} [asking]
 * @returns {string[]}
 */
export function tokens(text, asking = false) {
  const found = [];
  for (const [piece] of normal(text).matchAll(PIECES)) {
    if (!HAN.test(piece)) {
      found.push(piece);
      // 下划线、连字符和点连起来的名字，每一段也能单独找到。
      const inner = piece.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
      if (!asking && inner.length > 1) found.push(...inner);
      continue;
    }
    const characters = [...piece];
    if (!asking || characters.length === 1) found.push(...characters);
    for (let i = 0; i + 1 < characters.length; i += 1) found.push(characters[i] + characters[i + 1]);
  }
  return found;
}

/** @param {Section[]} sections */
export function makeIndex(sections) {
  const engine = new MiniSearch({
    fields: ['heading', 'text', 'code'],
    tokenize: (text) => tokens(text),
    processTerm: (term) => term,
    searchOptions: {
      tokenize: (text) => tokens(text, true),
      boost: { heading: 4, text: 1, code: 0.5 },
      // 只有拉丁词才按前缀和相近的拼法找；汉字两字一组，再放宽就全是不相干的。
      prefix: (term) => /^[a-z]/.test(term) && term.length > 1,
      fuzzy: (term) => (/^[a-z]{5,}$/.test(term) ? 0.2 : false),
    },
  });
  return { engine, sections };
}

/** @typedef {{engine: MiniSearch, sections: Section[]}} Index */

/**
 * 取来各节，分批编进索引，不让打字卡住；书长了要编一两秒，所以编到哪里就先找到哪里，
 * 编完了 ``complete`` 才兑现。
 * @param {string} address @returns {Promise<Index & {complete: Promise<void>, done: boolean}>}
 */
async function fetchIndex(address) {
  const response = await fetch(address, { cache: 'no-cache' });
  if (!response.ok) throw new Error(String(response.status));
  const data = await response.json();
  const sections = data.sections.map(
    (/** @type {any[]} */ [page, anchor, heading, text, code], /** @type {number} */ id) => ({
      id,
      url: data.pages[page][0] + (anchor ? `#${encodeURIComponent(anchor)}` : ''),
      page: data.pages[page][1],
      heading,
      text,
      code,
    }),
  );
  const made = { ...makeIndex(sections), done: false, complete: Promise.resolve() };
  made.complete = made.engine.addAllAsync(sections, { chunkSize: 8 }).then(() => { made.done = true; });
  return made;
}

/**
 * 找到的那一句：含有最多问句里的词的一句，太长就只留词的前后。
 * @param {string} text @param {string[]} words
 */
export function bestSentence(text, words) {
  let best = '';
  let most = 0;
  for (const sentence of text.split(/(?<=[。！？；\n])/u)) {
    const low = normal(sentence);
    let count = 0;
    for (const word of words) if (low.includes(word)) count += word.length;
    if (count > most) {
      most = count;
      best = sentence.trim();
    }
  }
  if (best.length <= SENTENCE) return best;
  const low = normal(best);
  const first = Math.min(...words.map((word) => low.indexOf(word)).filter((at) => at >= 0));
  const from = Math.max(0, first - 18);
  const part = best.slice(from, from + SENTENCE);
  return `${from > 0 ? '…' : ''}${part}${from + SENTENCE < best.length ? '…' : ''}`;
}

/**
 * @param {Index} index @param {string} query
 * @returns {Hit[]}
 */
export function search({ engine, sections }, query) {
  const asked = normal(query).trim();
  const words = [...new Set(tokens(query, true))];
  if (!words.length) return [];
  const found = engine.search(query).map((result) => {
    const section = sections[result.id];
    const share = new Set(result.queryTerms).size / words.length;
    // 原话一字不差地出现，总是排在拆开了才对得上的前面。
    const title = normal(section.heading).includes(asked);
    const whole = title || normal(section.text).includes(asked);
    const score = result.score * share * (whole ? 4 : 1) * (title ? 1.5 : 1);
    return { section, share, score, words: [...words, ...result.terms] };
  });
  // 问得长，只碰上一两个字的就不算找到；有对得上大半的，就不要只对得上小半的。
  const least = words.length > 3 ? 0.34 : 0;
  const enough = Math.max(least, Math.max(0, ...found.map((one) => one.share)) * 0.5);
  return found
    .filter((one) => one.share >= enough)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map((one) => ({
      url: one.section.url,
      page: one.section.page,
      heading: one.section.heading,
      sentence: bestSentence(one.section.text, one.words) || bestSentence(one.section.code, one.words),
      words: one.words,
      score: one.score,
    }));
}

/** 把句子里问到的字标出来。 @param {string} sentence @param {string[]} words @returns {Node[]} */
function marked(sentence, words) {
  const low = normal(sentence);
  if (low.length !== sentence.length) return [document.createTextNode(sentence)];
  const hit = new Array(sentence.length).fill(false);
  for (const word of words) {
    for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + 1)) hit.fill(true, at, at + word.length);
  }
  const nodes = [];
  for (let from = 0; from < sentence.length;) {
    let to = from;
    while (to < sentence.length && hit[to] === hit[from]) to += 1;
    const part = sentence.slice(from, to);
    nodes.push(hit[from] ? el('mark', {}, part) : document.createTextNode(part));
    from = to;
  }
  return nodes;
}

/** @type {ReturnType<typeof fetchIndex>|null} */
let index = null;

/**
 * 搜索框和结果；对话框和搜索页用的是同一个。
 * @param {HTMLElement} place @param {string} address
 * @param {(query: string) => void} [changed]
 */
function box(place, address, changed) {
  const input = /** @type {HTMLInputElement} */ (el('input', {
    type: 'search', name: 'q', placeholder: '词、符号、半句话都行', 'aria-label': '要找什么',
    autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search',
  }));
  const form = el('form', { class: 'search-form', role: 'search' }, input);
  const status = el('p', { class: 'search-status', role: 'status' });
  const list = el('ol', { class: 'search-results' });
  place.append(form, status, list);
  const root = new URL('.', address);

  const show = async () => {
    const query = input.value;
    changed?.(query);
    if (!query.trim()) {
      list.replaceChildren();
      status.textContent = '';
      return;
    }
    if (!index) status.textContent = '正在打开索引…';
    let made;
    try {
      index ??= fetchIndex(address);
      made = await index;
    } catch {
      index = null;
      status.textContent = '索引没有取到，检查一下网络再试。';
      return;
    }
    if (query !== input.value) return; // 等的时候又改了，以后一次为准。
    const hits = search(made, query);
    if (!made.done) {
      made.complete.then(() => { if (query === input.value) show(); });
      if (!hits.length) return;
    }
    const count = `找到 ${hits.length}${hits.length === MOST ? ' 处以上' : ' 处'}`;
    if (hits.length) status.textContent = made.done ? count : `${count}，还在往后翻…`;
    else status.textContent = '没有找到。换一个说法，或者只留下最要紧的两个字。';
    list.replaceChildren(...hits.map((hit) => {
      const title = hit.heading && hit.heading !== hit.page ? `${hit.page} › ${hit.heading}` : hit.page;
      return el('li', {}, el('a', { href: new URL(hit.url, root).href },
        el('b', {}, ...marked(title, hit.words)),
        el('small', {}, ...marked(hit.sentence, hit.words))));
    }));
  };

  input.addEventListener('input', (event) => {
    if (!(/** @type {InputEvent} */ (event).isComposing)) show();
  });
  input.addEventListener('compositionend', show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const first = /** @type {HTMLAnchorElement|null} */ (list.querySelector('a'));
    if (first) first.click();
  });
  place.addEventListener('keydown', (event) => {
    if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.isComposing) return;
    const stops = /** @type {HTMLElement[]} */ ([input, ...list.querySelectorAll('a')]);
    const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });
  return { input, show };
}

/** @type {HTMLDialogElement|null} */
let dialog = null;
/** @type {HTMLInputElement|null} */
let dialogInput = null;

/** 页眉里的「搜索」打开的对话框。 @param {string} address */
export function searchDialog(address) {
  if (!dialog) {
    const made = /** @type {HTMLDialogElement} */ (el('dialog', { class: 'search-dialog', 'aria-label': '搜索全书' }));
    const { input } = box(made, address);
    const close = el('button', { type: 'button', class: 'bar-button', 'aria-label': '关闭搜索' }, '关闭');
    close.addEventListener('click', () => made.close());
    input.after(close);
    made.addEventListener('click', (event) => {
      const target = /** @type {Element} */ (event.target);
      if (target === made || target.closest('.search-results a')) made.close();
    });
    document.body.append(made);
    dialog = made;
    dialogInput = input;
  }
  if (!dialog.open) dialog.showModal();
  dialogInput?.select();
  dialogInput?.focus();
}

/** 搜索页：问句写在地址里，可以收藏和转给别人。 @param {HTMLElement} place @param {string} address */
export function searchPage(place, address) {
  const { input, show } = box(place, address, (query) => {
    const here = new URL(location.href);
    if (query) here.searchParams.set('q', query);
    else here.searchParams.delete('q');
    history.replaceState(null, '', here);
  });
  input.value = new URL(location.href).searchParams.get('q') ?? '';
  input.focus();
  if (input.value) show();
}
