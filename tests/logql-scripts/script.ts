// Scripts of LogQL, written by hand:
//
//   # A comment.
//   load {app="web"}
//     0s GET /a
//     10s with {trace="7"}: GET /b        structured metadata
//     0s..50s/10s request $n              six entries; $n counts from 0
//
//   eval instant at 1m count_over_time({app="web"}[1m])
//     {app="web"} 2
//   eval range from 0s to 2m step 1m sum(count_over_time({app="web"}[1m]))
//     {} 1 _ 3                            _: no sample
//   eval lines {app="web"}                oldest first; `eval newest 10 lines` for the other direction and a limit
//     | json
//     0s {app="web"} GET /a
//   eval fails instant at 1m sum({app="web"})
//     a part of the message
//   clear
//
// A query goes on in lines that begin with `|`; `nothing` is an empty answer. Times count from the script's start. Rows
// of vectors come in any order, unless it is `eval ordered`.
import { parsePrometheusDuration } from '../../src/go/prometheus-duration.ts';
import { unquoteGo } from '../../src/go/quote.ts';
import type { LabelPair } from '../../src/model/labels.ts';

export interface LoadedEntry {
  readonly atNs: bigint;
  readonly metadata: readonly LabelPair[];
  readonly line: string;
}

export interface Load {
  readonly kind: 'load';
  readonly labels: readonly LabelPair[];
  readonly entries: readonly LoadedEntry[];
}

export interface Evaluation {
  readonly kind: 'eval';
  /** Where it stands: for the name of the test. */
  readonly lineNumber: number;
  readonly query: string;
  readonly form:
    | { readonly kind: 'instant'; readonly atNs: bigint; readonly ordered: boolean }
    | { readonly kind: 'range'; readonly startNs: bigint; readonly endNs: bigint; readonly stepNs: bigint }
    | { readonly kind: 'lines'; readonly direction: 'forward' | 'backward'; readonly limit: number };
  readonly fails: boolean;
  /** As written, without indentation; none for `nothing`. */
  readonly rows: readonly string[];
}

export type Command = Load | Evaluation | { readonly kind: 'clear' };

const limitDefault = 1000;

/** Throws Error, naming the line, for what is no script. */
export function parseScript(text: string): readonly Command[] {
  const commands: Command[] = [];
  const lines = text.split('\n').map((line, i) => ({ text: line, number: i + 1 }));
  const isBlank = (line: string): boolean => line.trim() === '' || line.startsWith('#');
  for (let at = 0; at < lines.length; ) {
    const head = lines[at++] as { text: string; number: number };
    if (isBlank(head.text)) continue;
    const body: string[] = [];
    for (; lines[at]?.text.startsWith('  '); at++) body.push((lines[at]?.text ?? '').trim());
    try {
      commands.push(command(head.text.trim(), body, head.number));
    } catch (error) {
      throw new Error(`line ${head.number}: ${(error as Error).message}`, { cause: error });
    }
  }
  return commands;
}

function command(head: string, body: readonly string[], lineNumber: number): Command {
  if (head === 'clear') return { kind: 'clear' };
  if (head.startsWith('load ')) {
    return { kind: 'load', labels: labelsOf(head.slice(5)), entries: body.flatMap(entriesOf) };
  }
  const parts =
    /^eval (?<fails>fails )?(?<ordered>ordered )?(?<form>instant at \S+|range from \S+ to \S+ step \S+|lines|newest \d+ lines) (?<query>.+)$/.exec(
      head,
    );
  if (parts?.groups === undefined) throw new Error(`no command: ${head}`);
  const { fails, ordered, form = '', query = '' } = parts.groups;
  const stages = body.filter((line) => line.startsWith('|'));
  const rows = body.filter((line) => !line.startsWith('|') && line !== 'nothing');
  if (rows.length === 0 && !body.includes('nothing')) throw new Error('no answer is given');
  return {
    kind: 'eval',
    lineNumber,
    query: [query, ...stages].join(' '),
    form: formOf(form, ordered !== undefined),
    fails: fails !== undefined,
    rows,
  };
}

function formOf(text: string, ordered: boolean): Evaluation['form'] {
  const [word, ...given] = text.split(' ');
  if (word === 'instant') return { kind: 'instant', atNs: timeOf(given[1] ?? ''), ordered };
  if (word === 'range') {
    const [startNs = 0n, endNs = 0n, stepNs = 0n] = [given[1], given[3], given[5]].map((one) =>
      timeOf(one ?? ''),
    );
    return { kind: 'range', startNs, endNs, stepNs };
  }
  if (word === 'newest') return { kind: 'lines', direction: 'backward', limit: Number(given[0]) };
  return { kind: 'lines', direction: 'forward', limit: limitDefault };
}

function entriesOf(row: string): LoadedEntry[] {
  const parts =
    /^(?<first>[^\s.]+)(?:\.\.(?<last>[^\s/]+)\/(?<step>\S+))?(?: with (?<metadata>\{.*?\}):)?(?: (?<line>.*))?$/.exec(
      row,
    );
  if (parts?.groups === undefined) throw new Error(`no entry: ${row}`);
  const { first = '', last = first, step = '1s', metadata = '{}', line = '' } = parts.groups;
  const entries: LoadedEntry[] = [];
  for (let atNs = timeOf(first); atNs <= timeOf(last); atNs += timeOf(step)) {
    const counted = line.replaceAll('$n', String(entries.length));
    entries.push({ atNs, metadata: labelsOf(metadata), line: counted });
  }
  return entries;
}

/** Nanoseconds after the script's start. */
export function timeOf(text: string): bigint {
  const ns = parsePrometheusDuration(text === '0' ? '0s' : text);
  if (typeof ns === 'string') throw new Error(ns);
  return ns;
}

/** `{a="b", c="d"}`, in the order written. */
export function labelsOf(text: string): LabelPair[] {
  const pair = String.raw`[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"`;
  if (!new RegExp(`^\\{(?:${pair}(?:, ?${pair})*)?\\}$`).test(text)) throw new Error(`no labels: ${text}`);
  return [...text.matchAll(new RegExp(pair, 'g'))].map(([written]) => {
    const at = written.indexOf('=');
    return [written.slice(0, at), unquoteGo(written.slice(at + 1)) ?? ''];
  });
}
