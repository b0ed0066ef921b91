// @ts-check
/** 改代码用的编辑器（CodeMirror 6）：有颜色，会缩进；第一次改的时候才取来。 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { pythonLanguage } from '@codemirror/lang-python';
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tagHighlighter, tags } from '@lezer/highlight';

/** 和构建时上色用的同样的类名，所以改之前改之后是同样的颜色。 */
const colours = tagHighlighter([
  { tag: [tags.keyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword, tags.controlKeyword], class: 'k' },
  { tag: [tags.string, tags.special(tags.string)], class: 's' },
  { tag: [tags.number, tags.bool, tags.null], class: 'm' },
  { tag: [tags.comment], class: 'c' },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], class: 'nf' },
  { tag: [tags.operator, tags.punctuation, tags.paren, tags.squareBracket, tags.brace, tags.separator,
    tags.derefOperator, tags.definitionOperator, tags.compareOperator, tags.arithmeticOperator], class: 'o' },
]);

/** 字和留白同没打开的时候一样，打开编辑器时页面不跳。 */
const look = EditorView.theme({
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: 'inherit' },
  '.cm-content': { padding: 'var(--code-top) 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 var(--code-side)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
});

/**
 * @param {{parent: HTMLElement, text: string, name: string, run: () => void, change: (text: string) => void}} options
 */
export function openEditor({ parent, text, name, run, change }) {
  let quiet = false;
  const runs = { run: () => { run(); return true; } };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([{ key: 'Mod-Enter', ...runs }, { key: 'Ctrl-Enter', ...runs }, { key: 'Shift-Enter', ...runs }]),
        // Tab 缩进；先按 Esc 再按 Tab 就离开，键盘读者不会困在里面。
        keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
        history(),
        pythonLanguage,
        indentUnit.of('    '),
        EditorState.tabSize.of(4),
        indentOnInput(),
        bracketMatching(),
        syntaxHighlighting(colours),
        look,
        EditorView.contentAttributes.of({
          'aria-label': `${name}，按 Ctrl 和回车运行，按 Esc 再按 Tab 离开`,
          autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false', translate: 'no',
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !quiet) change(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    /** @param {string} next */
    set(next) {
      if (next === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
      quiet = false;
    },
    /** @param {number} [at] */
    focus(at) {
      view.focus();
      if (at !== undefined) view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) } });
    },
  };
}
