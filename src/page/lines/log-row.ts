// One line of the list: level, time, what wrote it, chosen columns, text with its colours and with what was looked for.
import { levelOf } from '../charts/levels.ts';
import { element } from '../dom/element.ts';
import { formatTime } from '../format.ts';
import { type Entry, labelValue, sourceOf } from '../gateway/entry.ts';
import type { Display } from '../state.ts';
import { type Style, styledTexts, withoutStyles } from './ansi.ts';
import { fieldsOf } from './line-fields.ts';
import type { FindMarks, Mark } from './marks.ts';
import type { VirtualRow } from './virtual-list.ts';

/** Characters of a line in the list; opened, it is whole. */
export const shortCharactersMax = 2000;

export interface LogRow extends VirtualRow {
  readonly entry: Entry;
  open: boolean;
  /** What is shown below it while it is open, kept while it is off the screen. */
  details: HTMLElement | undefined;
}

export interface RowOptions {
  readonly display: Display;
  readonly marks: FindMarks;
  /** The key of the line that a link points to is this one's. */
  readonly linked: boolean;
}

export function drawRow(row: LogRow, { display, marks, linked }: RowOptions): HTMLLIElement {
  const { entry } = row;
  const level = levelOfEntry(entry);
  const source = sourceOf(entry);
  const head = element(
    'div',
    { class: 'head', role: 'button', tabindex: -1, 'aria-expanded': String(row.open) },
    element('span', { class: `level level-${level}` }, level),
    element('time', { datetime: isoTime(entry.timestampNs) }, timeText(entry.timestampNs, display)),
    element('span', { class: 'source', title: source }, source),
    ...display.columns.map((name) => column(entry, name)),
    lineText(entry.line, marks),
  );
  const classes = `line level-${level}${linked ? ' linked' : ''}`;
  return element('li', { class: classes }, head, row.open ? row.details : undefined);
}

export const levelOfEntry = ({ metadata, stream, parsed }: Entry) =>
  levelOf(metadata.detected_level ?? parsed.detected_level ?? stream.level ?? parsed.level);

function timeText(timestampNs: string, { zone, compact }: Display): string {
  const text = formatTime(timestampNs, zone);
  return compact ? text.slice(5) : zone === 'utc' ? `${text} UTC` : text;
}

function column(entry: Entry, name: string): HTMLElement {
  const value =
    labelValue(entry, name) ?? fieldsOf(entry.line)?.fields.find((field) => field.name === name)?.value;
  return element('span', { class: 'column', title: `${name}: ${value ?? ''}` }, value ?? '');
}

export function lineText(line: string, marks: FindMarks): HTMLElement {
  const cut = line.length > shortCharactersMax;
  const shown = cut ? line.slice(0, shortCharactersMax) : line;
  const text = element('span', { class: 'text' });
  const found = marks(withoutStyles(shown));
  let at = 0;
  for (const piece of styledTexts(shown)) {
    text.append(...pieces(piece.text, at, found, piece.style));
    at += piece.text.length;
  }
  if (cut) text.append('…');
  return text;
}

/** A piece of one style that begins `at` characters into the line, cut where marks begin and end. */
function pieces(text: string, at: number, marks: readonly Mark[], style: Style): readonly Node[] {
  const nodes: Node[] = [];
  let done = 0;
  for (const { start, end } of marks) {
    const [from, to] = [Math.max(0, start - at), Math.min(text.length, end - at)];
    if (to <= from) continue;
    if (from > done) nodes.push(styled(text.slice(done, from), style));
    nodes.push(element('mark', {}, styled(text.slice(from, to), style)));
    done = to;
  }
  if (done < text.length) nodes.push(styled(text.slice(done), style));
  return nodes;
}

function styled(text: string, style: Style): Node {
  if (Object.keys(style).length === 0) return document.createTextNode(text);
  const [colour, background] = style.inverse
    ? [style.background, style.colour]
    : [style.colour, style.background];
  const names = (['bold', 'dim', 'italic', 'underline'] as const).filter((name) => style[name]);
  const made = element(
    'span',
    {
      class: [
        ...names.map((name) => `ansi-${name}`),
        ...(typeof colour === 'number' ? [`ansi-${colour}`] : []),
        ...(typeof background === 'number' ? [`ansi-on-${background}`] : []),
        ...(style.inverse && colour === undefined ? ['ansi-inverse'] : []),
      ].join(' '),
    },
    text,
  );
  if (typeof colour === 'string') made.style.color = colour;
  if (typeof background === 'string') made.style.backgroundColor = background;
  return made;
}

function isoTime(timestampNs: string): string {
  const at = new Date(Number(timestampNs.slice(0, -6)));
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
