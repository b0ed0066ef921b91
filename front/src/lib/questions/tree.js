// @ts-check
/**
 * 提问树：一片叶子是第几个图形，一个问题是 {yes, no}。控件里的样子是一排数，第 k 位是这个图形
 * 对第 k 个问题的回答。这里只数、只加，机会和熵由 Python 给。
 */

/** @typedef {number | {yes: any, no: any}} Tree */
/**
 * 树里的一个问题：在第几行、从第几列到第几列、分到「是」的有几列。
 * @typedef {{row: number, from: number, to: number, cut: number, members: number[]}} Question
 */

const DEEPEST = 7;

/** @param {number[]} codes @returns {Tree} */
export function treeOf(codes) {
  /** @param {number[]} members @param {number} at @returns {Tree} */
  const split = (members, at) => {
    if (members.length === 1) return members[0];
    for (let k = at; k < DEEPEST; k += 1) {
      const yes = members.filter((i) => (codes[i] >> k) & 1);
      if (!yes.length || yes.length === members.length) continue;
      return { yes: split(yes, k + 1), no: split(members.filter((i) => !yes.includes(i)), k + 1) };
    }
    return { yes: members[0], no: split(members.slice(1), DEEPEST) };
  };
  return split(codes.map((_, i) => i), 0);
}

/** @param {Tree} tree @param {number} count @returns {number[]} */
export function codesOf(tree, count) {
  const codes = Array(count).fill(0);
  /** @param {Tree} part @param {number} depth @param {number} code */
  const walk = (part, depth, code) => {
    if (typeof part === 'number') {
      codes[part] = code;
      return;
    }
    walk(part.yes, depth + 1, code | (1 << depth));
    walk(part.no, depth + 1, code);
  };
  walk(tree, 0, 0);
  return codes;
}

/** @param {Tree} tree @returns {number[]} */
export function members(tree) {
  return typeof tree === 'number' ? [tree] : [...members(tree.yes), ...members(tree.no)];
}

/**
 * 画它要的一切：每个图形在第几列、问几个；每个问题占哪几列。
 * @param {Tree} tree @param {number} count
 */
export function layout(tree, count) {
  const column = Array(count).fill(0);
  const depth = Array(count).fill(0);
  /** @type {Question[]} */
  const questions = [];
  let next = 0;
  /** @param {Tree} part @param {number} row */
  const walk = (part, row) => {
    if (typeof part === 'number') {
      column[part] = next;
      depth[part] = row;
      next += 1;
      return;
    }
    const question = { row, from: next, to: next, cut: next, members: members(part) };
    questions.push(question);
    walk(part.yes, row + 1);
    question.cut = next;
    walk(part.no, row + 1);
    question.to = next;
  };
  walk(tree, 0);
  return { column, depth, questions };
}

/**
 * 在第 ``row`` 行的问题里，把图形 ``which`` 换到另一边。那一边本来分好的都不动，新来的插在
 * 图形少的那一头；原来的一边空了，这个问题就没有用了，拿掉。
 * @param {Tree} tree @param {number} which @param {number} row @returns {Tree}
 */
export function moved(tree, which, row) {
  if (typeof tree === 'number') return tree;
  const inYes = members(tree.yes).includes(which);
  if (row > 0) {
    return inYes ? { yes: moved(tree.yes, which, row - 1), no: tree.no } : { yes: tree.yes, no: moved(tree.no, which, row - 1) };
  }
  const [home, away] = inYes ? [tree.yes, tree.no] : [tree.no, tree.yes];
  const joined = inserted(away, which);
  const left = without(home, which);
  if (left === null) return joined;
  return inYes ? { yes: left, no: joined } : { yes: joined, no: left };
}

/** @param {Tree} tree @param {number} which @returns {Tree | null} */
function without(tree, which) {
  if (typeof tree === 'number') return tree === which ? null : tree;
  const [yes, no] = [without(tree.yes, which), without(tree.no, which)];
  if (yes === null) return no;
  return no === null ? yes : { yes, no };
}

/** @param {Tree} tree @param {number} which @returns {Tree} */
function inserted(tree, which) {
  if (typeof tree === 'number') return tree < which ? { yes: tree, no: which } : { yes: which, no: tree };
  if (members(tree.yes).length < members(tree.no).length) return { yes: inserted(tree.yes, which), no: tree.no };
  return { yes: tree.yes, no: inserted(tree.no, which) };
}

/** 以 ``weights`` 为权的和。 @param {ArrayLike<number>} weights @param {ArrayLike<number>} values */
export function weighed(weights, values) {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += weights[i] * values[i];
  return total;
}
