// Inputs of any size from a small one: a piece of it many times over, beside itself or inside itself, with another
// number in each copy where names are to differ. What costs more than its length shows in them.
import type { Random } from '../random.ts';
import { fieldsOf, insertInside } from './protobuf-fields.ts';

/** Places in `kernel` are bytes; a range is its start and its end. */
export interface Widening {
  readonly format: WideningFormat;
  readonly kernel: Buffer;
  /** What is repeated before its own place. */
  readonly piece: Range;
  /** Stands after each copy. */
  readonly separator: string;
  /** What closes each copy, repeated after `inner`; an empty range for copies beside each other. */
  readonly closing: Range;
  /** Place inside `piece` after which each copy has a number of its own; -1 for copies that are the same. */
  readonly numberAt: number;
  readonly order: NumberOrder;
}

/** How lengths are in the input: not at all, or before each field. */
export type WideningFormat = 'text' | 'protobuf';
export type Range = readonly [start: number, end: number];
export type NumberOrder = 'rising' | 'falling' | 'scattered';

const orders: readonly NumberOrder[] = ['rising', 'falling', 'scattered'];
const numberDigits = 7;
const separators = ['', '', '', ',', ' ', '|', '\n', '&', ';', ' or ', ' and ', '+', '.', '\0', ', '];
/** What an input can be wrapped in, in one language or another. */
const wrappings = [
  ...[['(', ')'] as const, ['[', ']'], ['{', '}'], ['{"a":', '}'], ['"', '"'], ['-', ''], ['!', '']],
  ...[
    ['sum(', ')'] as const,
    ['(?:', ')*'],
    ['(', ')?'],
    ['{{if .a}}', '{{end}}'],
    ['{{(', ')}}'],
    ['<', '>'],
  ],
  ...[
    ['not ', ''] as const,
    ['- ', ''],
    ['\\', ''],
    ['[{"a":', '}]'],
    ['label_replace(', ',"a","b","c","d")'],
  ],
];

export function chooseWidening(kernel: Buffer, format: WideningFormat, random: Random): Widening {
  const order = random.of(orders);
  if (format === 'protobuf' && random.below(8) > 0) {
    const fields = fieldsOf(kernel);
    if (fields.length > 0) {
      const field = random.of(fields);
      const inside = fields.filter(
        ({ start, end, leaf }) => leaf && start >= field.start && end <= field.end,
      );
      const numberAt = inside.length > 0 && random.below(3) > 0 ? random.of(inside).end : -1;
      const piece: Range = [field.start, field.end];
      return { format, kernel, piece, separator: '', closing: [field.end, field.end], numberAt, order };
    }
  }
  return random.below(4) === 0 ? nested(kernel, random) : beside(kernel, random);
}

/** An input of about this many bytes; the kernel itself when it is longer. */
export function widen(widening: Widening, bytes: number): Buffer {
  const { format, kernel, piece, closing, separator, numberAt, order } = widening;
  const placeholder = numberAt < 0 ? '' : '0'.repeat(numberDigits);
  const numbered =
    format === 'protobuf'
      ? insertInside(kernel.subarray(piece[0], piece[1]), numberAt - piece[0], placeholder)
      : insert(kernel.subarray(piece[0], piece[1]), numberAt - piece[0], placeholder);
  const copy = Buffer.concat([numbered.bytes, Buffer.from(separator)]);
  const close = kernel.subarray(...closing);
  const count = Math.max(1, Math.floor((bytes - kernel.length) / Math.max(1, copy.length + close.length)));
  const copies = Buffer.alloc(copy.length * count);
  for (let i = 0; i < count; i++) {
    copy.copy(copies, i * copy.length);
    if (placeholder !== '') copies.write(numberOf(i, count, order), i * copy.length + numbered.at, 'latin1');
  }
  if (format === 'protobuf') return insertInside(kernel, piece[0], copies, piece[0]).bytes;
  const closes = Buffer.alloc(close.length * count, close);
  const parts = [kernel.subarray(0, piece[0]), copies, kernel.subarray(piece[0], closing[1])];
  return Buffer.concat([...parts, closes, kernel.subarray(closing[1])]);
}

function numberOf(i: number, count: number, order: NumberOrder): string {
  const number = order === 'rising' ? i : order === 'falling' ? count - i : Math.imul(i, 0x9e37_79b1) >>> 9;
  return String(number % 10 ** numberDigits).padStart(numberDigits, '0');
}

const insert = (bytes: Buffer, at: number, text: string): { readonly bytes: Buffer; readonly at: number } =>
  text === ''
    ? { bytes, at: 0 }
    : { bytes: Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]), at };

interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function tokensOf(kernel: Buffer): readonly Token[] {
  const matches = kernel.toString('latin1').matchAll(/[A-Za-z0-9_]+|\s+|./gs);
  return Array.from(matches, ({ 0: text, index }) => ({ start: index, end: index + text.length, text }));
}

const closers: Readonly<Record<string, string>> = {
  '(': ')',
  '[': ']',
  '{': '}',
  '<': '>',
  '"': '"',
  '`': '`',
};

/** The place of the token that closes the one at `from`; `from` itself when none does. */
function closerOf(tokens: readonly Token[], from: number): number {
  const open = tokens[from]?.text ?? '';
  const close = closers[open];
  let depth = 0;
  for (let i = from + 1; i < tokens.length && close !== undefined; i++) {
    const { text } = tokens[i] as Token;
    if (text === close && depth-- === 0) return i;
    if (text === open) depth++;
  }
  return from;
}

function beside(kernel: Buffer, random: Random): Widening {
  const tokens = tokensOf(kernel);
  if (tokens.length === 0) return whole(kernel, random);
  const { first, last, separator } =
    random.below(2) === 0 ? elementOf(tokens, random) : someOf(tokens, random);
  const start = (tokens[first] as Token).start;
  const end = (tokens[last] as Token).end;
  const words = tokens.slice(first, last + 1).filter(({ text }) => /^\w/.test(text));
  return {
    ...{ format: 'text', kernel, piece: [start, end], closing: [end, end], separator },
    numberAt: words.length > 0 && random.below(3) > 0 ? random.of(words).end : -1,
    order: random.of(orders),
  };
}

interface Chosen {
  readonly first: number;
  readonly last: number;
  readonly separator: string;
}

/** Some tokens beside each other, up to the bracket that closes one of theirs. */
function someOf(tokens: readonly Token[], random: Random): Chosen {
  const first = random.below(tokens.length);
  const some = Math.min(tokens.length - 1, first + random.below(random.of([1, 2, 4, 12])));
  const last = Math.max(some, closerOf(tokens, some), closerOf(tokens, first));
  return { first, last, separator: random.of(separators) };
}

const listSeparators = /^[,;&|\n\0]$/;

/** An element of a list: what is between two separators or brackets, and the separator. */
function elementOf(tokens: readonly Token[], random: Random): Chosen {
  const first = random.below(tokens.length);
  let last = first;
  let next = first;
  while (next < tokens.length && !listSeparators.test((tokens[next] as Token).text)) {
    if (/^[)\]}]$/.test((tokens[next] as Token).text)) break;
    last = closerOf(tokens, next);
    next = last + 1;
  }
  const behind = tokens[next]?.text ?? '';
  return {
    first,
    last,
    separator: listSeparators.test(behind) ? behind : random.of([',', ',', ...separators]),
  };
}

const whole = (kernel: Buffer, random: Random): Widening => ({
  format: 'text',
  kernel,
  piece: [0, kernel.length],
  separator: random.of(separators),
  closing: [kernel.length, kernel.length],
  numberAt: -1,
  order: 'rising',
});

/** Brackets of the kernel with what comes before them, or brackets put around a piece of it. */
function nested(kernel: Buffer, random: Random): Widening {
  const tokens = tokensOf(kernel);
  const opens = tokens.flatMap((_, i) => (closerOf(tokens, i) > i ? [i] : []));
  const base = { format: 'text', separator: '', numberAt: -1, order: 'rising' } as const;
  if (opens.length > 0 && random.below(2) === 0) {
    const open = random.of(opens);
    const first = tokens[Math.max(0, open - random.below(6))] as Token;
    const close = tokens[closerOf(tokens, open)] as Token;
    return {
      ...base,
      kernel,
      piece: [first.start, (tokens[open] as Token).end],
      closing: [close.start, close.end],
    };
  }
  const [open, close] = random.of(wrappings);
  const from = random.of([{ start: 0, end: kernel.length }, ...tokens.slice(0, 200)]);
  const to = random.of([from.end, kernel.length]);
  const wrapped = Buffer.concat([
    ...[kernel.subarray(0, from.start), Buffer.from(open), kernel.subarray(from.start, to)],
    ...[Buffer.from(close), kernel.subarray(to)],
  ]);
  const closeAt = to + open.length;
  return {
    ...base,
    kernel: wrapped,
    piece: [from.start, from.start + open.length],
    closing: [closeAt, closeAt + close.length],
  };
}
