// What completion offers: names and values as the gateway has them in the range, and LogQL's words with a line of help.
import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import { type CompletionPlace, completionPlace } from './completion-place.ts';
import { durations, rangeFunctions, stages, vectorFunctions, type Word } from './language.ts';
import { quoted } from './query-scan.ts';
import { selectorIn } from './query-text.ts';

export interface CompletionSources {
  labelNames(): Promise<readonly string[]>;
  /** Of streams that the matchers leave: `app="web", env=~"p.*"`. */
  labelValues(name: string, matchers: string): Promise<readonly string[]>;
  /** Fields that lines of the query have; `selector` when the query is not whole yet. */
  fields(selector: string): Promise<readonly string[]>;
}

const offersMax = 300;

export function completionSource(sources: CompletionSources): CompletionSource {
  return async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    const text = state.doc.toString();
    const place = completionPlace(text, pos);
    if (place === undefined) return null;
    // Before the first letter it would be in the way.
    if (!explicit && pos === place.from && (place.kind === 'function' || place.kind === 'duration'))
      return null;
    try {
      const options = await offersFor(place, text, sources);
      return { from: place.from, options: options.slice(0, offersMax), validFor: /^[^"`,(){}|]*$/ };
    } catch {
      // No answer, no offers; the query itself will say what is wrong.
      return null;
    }
  };
}

async function offersFor(
  place: CompletionPlace,
  text: string,
  sources: CompletionSources,
): Promise<readonly Completion[]> {
  switch (place.kind) {
    case 'labelName':
      return (await sources.labelNames()).map((name) => ({ label: name, apply: `${name}=` }));
    case 'labelValue': {
      const values = await sources.labelValues(place.name, place.others);
      return values.map((value) => ({
        label: value === '' ? '""' : value,
        apply: place.quoted ? insideQuotes(value) : quoted(value),
      }));
    }
    case 'stage': {
      const fields = await sources.fields(selectorIn(text) ?? '').catch(() => []);
      return [
        ...stages.map(offerOf),
        ...fields.map((name) => ({ label: name, detail: 'field', apply: `${name}=` })),
      ];
    }
    case 'field': {
      const [fields, names] = await Promise.all([
        sources.fields(selectorIn(text) ?? '').catch(() => []),
        sources.labelNames(),
      ]);
      return [...new Set([...names, ...fields])].map((name) => ({ label: name }));
    }
    case 'duration':
      return durations.map(offerOf);
    case 'function':
      return [...rangeFunctions, ...vectorFunctions].map(offerOf);
  }
}

/** Writes the value, and the closing quote where there is none. */
const insideQuotes =
  (value: string) =>
  (view: EditorView, _: Completion, from: number, to: number): void => {
    const insert = JSON.stringify(value).slice(1, -1);
    const closed = view.state.doc.sliceString(to, to + 1) === '"';
    view.dispatch({
      changes: { from, to, insert: closed ? insert : `${insert}"` },
      selection: { anchor: from + insert.length + 1 },
    });
  };

const offerOf = ({ name, help, insert }: Word): Completion => {
  const at = insert?.indexOf('$') ?? -1;
  if (insert === undefined || at < 0) return { label: name, detail: help };
  return {
    label: name,
    detail: help,
    apply: (view, _, from, to) =>
      view.dispatch({
        changes: { from, to, insert: insert.replace('$', '') },
        selection: { anchor: from + at },
      }),
  };
};
