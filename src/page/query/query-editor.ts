// The query field: several lines, highlighting, completion, the place of an error. CodeMirror in a shadow root, where its
// styles are sheets of a script and not elements, which the page's policy would refuse.
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  moveCompletionSelection,
  selectedCompletionIndex,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, LanguageSupport, LRLanguage, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, placeholder } from '@codemirror/view';
import { parser } from '@grafana/lezer-logql';
import { styleTags, tags } from '@lezer/highlight';
import { type CompletionSources, completionSource } from './completion.ts';

export interface QueryEditorOptions {
  readonly onRun: () => void;
  /** Down from the last line. */
  readonly onDown: () => void;
  /** An older (-1) or newer (1) query of the history is wanted. */
  readonly onHistory: (step: -1 | 1) => void;
  readonly completion: CompletionSources;
}

export interface QueryEditor {
  text(): string;
  setText(text: string): void;
  focus(): void;
  /** Marks a place, counted from 0, or takes the mark away. */
  markError(place: { readonly line: number; readonly column: number } | undefined): void;
}

const language = LRLanguage.define({
  parser: parser.configure({
    props: [
      styleTags({
        LineComment: tags.comment,
        String: tags.string,
        'Number Duration Bytes': tags.number,
        'Identifier LabelName': tags.propertyName,
        'Json Logfmt Unpack Pattern Regexp Unwrap LabelFormat LineFormat LabelReplace Decolorize Drop Keep':
          tags.keyword,
        'By Without On Ignoring GroupLeft GroupRight And Or Unless Bool Offset': tags.modifier,
        'RangeOp/... VectorOp/... Vector': tags.function(tags.name),
        'Eq Neq Re Nre PipeExact PipeMatch PipePattern Npa Gtr Gte Lss Lte Eql Pipe': tags.operator,
      }),
    ],
  }),
});

const highlighting = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.propertyName, color: 'var(--code-name)' },
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.modifier, color: 'var(--code-keyword)' },
  { tag: tags.function(tags.name), color: 'var(--code-function)' },
  { tag: tags.operator, color: 'var(--quiet)' },
]);

const look = EditorView.theme({
  '&': { font: 'inherit', color: 'var(--text)', backgroundColor: 'transparent', maxHeight: '12rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto' },
  '.cm-content': { padding: '0.45rem 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 0.65rem' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--selection)' },
  '.cm-placeholder': { color: 'var(--quiet)' },
  '.cm-error': { textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
  '.cm-tooltip': {
    border: '1px solid var(--control)',
    borderRadius: '6px',
    background: 'var(--panel)',
    color: 'var(--text)',
    overflow: 'hidden',
    maxWidth: '92vw',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '0.2rem 0.6rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    background: 'var(--accent)',
    color: 'var(--accent-text)',
  },
  '.cm-completionDetail': { fontFamily: 'system-ui, sans-serif', fontStyle: 'normal', opacity: '0.85' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
});

const setError = StateEffect.define<number | undefined>();

/** The mark goes with the next change of the text. */
const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, docChanged, state }) {
    for (const effect of effects)
      if (effect.is(setError))
        return effect.value === undefined ? Decoration.none : markAt(state, effect.value);
    return docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The word at the place, or the character; at the end of the text the one before it. */
function markAt({ doc }: EditorState, at: number): DecorationSet {
  if (doc.length === 0) return Decoration.none;
  const from = Math.min(at, doc.length - 1);
  const word = /^\w+/.exec(doc.sliceString(from, doc.length))?.[0].length ?? 1;
  return Decoration.set(Decoration.mark({ class: 'cm-error' }).range(from, from + word));
}

/**
 * Text typed over a selection. The browser would give it the style of what stood there, as an attribute, which the page's
 * policy refuses and reports.
 */
const overSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event;
    if (inputType !== 'insertText' || data === null) return false;
    const { from, to } = selectedSpan(view);
    if (from === to) return false;
    event.preventDefault();
    const insert = () =>
      view.state.update({
        changes: { from, to, insert: data },
        selection: { anchor: from + data.length },
        userEvent: 'input.type',
        scrollIntoView: true,
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handler) => handler(view, from, to, data, insert))) view.dispatch(insert());
    return true;
  },
});

/** The browser's own selection, which the editor learns of only a moment later. */
function selectedSpan(view: EditorView): { readonly from: number; readonly to: number } {
  // Within a shadow root only some browsers tell; for the others the editor's has to do.
  const { getSelection } = view.root as { readonly getSelection?: () => Selection | null };
  const selection = getSelection?.call(view.root);
  const { anchorNode, focusNode } = selection ?? {};
  const isInside = (node: Node | null | undefined): node is Node =>
    node != null && view.contentDOM.contains(node);
  if (!selection || !isInside(anchorNode) || !isInside(focusNode)) return view.state.selection.main;
  const anchor = view.posAtDOM(anchorNode, selection.anchorOffset);
  const head = view.posAtDOM(focusNode, selection.focusOffset);
  return { from: Math.min(anchor, head), to: Math.max(anchor, head) };
}

export function queryEditor(host: HTMLElement, options: QueryEditorOptions): QueryEditor {
  const root = host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      extensions: [
        Prec.highest(keymap.of(ownKeys(options))),
        history(),
        closeBrackets(),
        autocompletion({
          override: [completionSource(options.completion)],
          icons: false,
          selectOnOpen: false,
          activateOnTypingDelay: 60,
          // Nothing is chosen until somebody does so: Enter cannot take an offer by accident.
          interactionDelay: 0,
        }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        new LanguageSupport(language),
        syntaxHighlighting(highlighting),
        EditorView.lineWrapping,
        errorMark,
        overSelection,
        placeholder('{service_name="web"} |= "error"   or plain words: error timeout'),
        EditorView.contentAttributes.of({
          'aria-label': 'Query: LogQL or plain words',
          autocapitalize: 'off',
          spellcheck: 'false',
          enterkeyhint: 'search',
        }),
        look,
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: text.length },
      });
    },
    focus: () => view.focus(),
    markError(place) {
      const { doc } = view.state;
      const line = place && place.line < doc.lines ? doc.line(place.line + 1) : undefined;
      const at = line && Math.min(line.to, line.from + (place?.column ?? 0));
      view.dispatch({ effects: setError.of(place === undefined ? undefined : (at ?? doc.length)) });
    },
  };
}

const ownKeys = ({ onRun, onDown, onHistory }: QueryEditorOptions) => [
  {
    key: 'Enter',
    run: (view: EditorView) => {
      if (completionStatus(view.state) === 'active' && acceptCompletion(view)) return true;
      onRun();
      return true;
    },
    shift: () => false,
  },
  { key: 'Mod-Enter', run: run(onRun) },
  { key: 'Tab', run: acceptFirst },
  { key: 'Alt-ArrowUp', run: run(() => onHistory(-1)) },
  { key: 'Alt-ArrowDown', run: run(() => onHistory(1)) },
  {
    key: 'ArrowDown',
    run: ({ state }: EditorView) => {
      const onLastLine = state.doc.lineAt(state.selection.main.head).number === state.doc.lines;
      if (completionStatus(state) === 'active' || !onLastLine) return false;
      onDown();
      return true;
    },
  },
  {
    key: 'Escape',
    run: (view: EditorView) => {
      if (completionStatus(view.state) !== null) return false;
      view.contentDOM.blur();
      return true;
    },
  },
];

const run = (action: () => void) => (): boolean => {
  action();
  return true;
};

/** Tab takes the first of the offers where none is chosen; without offers it leaves the field. */
function acceptFirst(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false;
  if (selectedCompletionIndex(view.state) === null) moveCompletionSelection(true)(view);
  acceptCompletion(view);
  return true;
}
