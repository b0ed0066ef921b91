// @ts-check
/** 写一个属性；没变就不写：没变的东西不必重画。 @param {Element} node @param {string} name @param {string} value */
export function put(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
