// Colours that programs give their lines for terminals: text with its styles, all other control sequences left out.

export interface Style {
  /** 0–15 as the style sheet has them, or a colour of CSS. */
  readonly colour?: number | string;
  readonly background?: number | string;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
}

export interface StyledText {
  readonly text: string;
  readonly style: Style;
}

const escapeCharacter = '\u001b';
/** CSI sequences, OSC strings with their end, and the short ones. */
const sequence = /\u001b(?:\[([\d;:]*)([ -/]*[@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;

/** The pieces of a line. A line without sequences is one piece. */
export function styledTexts(line: string): readonly StyledText[] {
  if (!line.includes(escapeCharacter)) return [{ text: line, style: {} }];
  const pieces: StyledText[] = [];
  let style: Style = {};
  let at = 0;
  for (const { 0: whole, 1: parameters, 2: final, index } of line.matchAll(sequence)) {
    if (index > at) pieces.push({ text: line.slice(at, index), style });
    at = index + whole.length;
    if (final === 'm') style = applied(style, parameters ?? '');
  }
  if (at < line.length) pieces.push({ text: line.slice(at), style });
  return pieces;
}

/** The text alone. */
export const withoutStyles = (line: string): string =>
  line.includes(escapeCharacter) ? line.replace(sequence, '') : line;

/** After one "select graphic rendition". */
function applied(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let style = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = longColour(codes.slice(at + 1));
      at += used;
      if (colour !== undefined) style = { ...style, ...(code === 38 ? { colour } : { background: colour }) };
    } else style = afterCode(style, code);
  }
  return style;
}

function afterCode(style: Style, code: number): Style {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return without(style, 'bold', 'dim');
  if (code === 23) return without(style, 'italic');
  if (code === 24) return without(style, 'underline');
  if (code === 27) return without(style, 'inverse');
  if (code === 39) return without(style, 'colour');
  if (code === 49) return without(style, 'background');
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return style;
}

function without(style: Style, ...names: readonly (keyof Style)[]): Style {
  const kept = Object.entries(style).filter(([name]) => !names.includes(name as keyof Style));
  return Object.fromEntries(kept);
}

/** `5;n` of 256 colours, `2;r;g;b`: what follows 38 or 48. */
function longColour(codes: readonly number[]): { readonly colour?: number | string; readonly used: number } {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 2) return { colour: rgb(first, second, third), used: 4 };
  if (kind !== 5) return { used: 1 };
  if (first < 16) return { colour: first, used: 2 };
  if (first >= 232) return { colour: rgb(...grey(first - 232)), used: 2 };
  const step = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const cube = first - 16;
  return {
    colour: rgb(step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)),
    used: 2,
  };
}

const grey = (index: number): [number, number, number] => {
  const value = 8 + index * 10;
  return [value, value, value];
};

const rgb = (...parts: readonly number[]): string =>
  `rgb(${parts.map((part) => Math.min(255, Math.max(0, Math.trunc(part) || 0))).join(' ')})`;
