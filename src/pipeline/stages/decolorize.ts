// `| decolorize`: removes ANSI colour and style sequences from the line.
import type { CompiledStage } from '../stage.ts';

/** Compiles `| decolorize`. */
export const compileDecolorize = (): CompiledStage => ({
  labelsRead: [],
  apply: (entry) => {
    const line = entry.line;
    if (line.includes('\u001b') || line.includes('\u009b')) entry.line = decolorize(line);
    return true;
  },
});

/** The text without escape sequences; an escape character that starts none stays. */
export function decolorize(text: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 0x1b && c !== 0x9b) continue;
    const end = sequenceEnd(text, i + 1);
    if (end < 0) continue;
    out += text.slice(from, i);
    from = end;
    i = end - 1;
  }
  return out + text.slice(from);
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/** Offset after the sequence whose introducer's rest starts at `from`, or -1. */
function sequenceEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && '[]()#;?'.includes(text[at] as string)) at++;
  // A string sequence: words and semicolons up to BEL.
  let bell = at;
  while (bell < text.length && /[a-zA-Z0-9;]/.test(text[bell] as string)) bell++;
  if (text.charCodeAt(bell) === 0x07) return bell + 1;
  // A control sequence: numbers of up to four digits with semicolons between, then one final character.
  let end = at;
  if (isDigit(text.charCodeAt(end))) {
    end = digitsEnd(text, end);
    while (text[end] === ';') end = digitsEnd(text, end + 1);
  }
  if (end < text.length && isFinal(text[end] as string)) return end + 1;
  // No final character: a digit may stand for it.
  while (end > at && text[end - 1] === ';') end--;
  return end > at ? end : -1;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  while (at < from + 4 && isDigit(text.charCodeAt(at))) at++;
  return at;
}

const isFinal = (c: string): boolean => /[0-9A-PRZcf-ntqry=><~]/.test(c);
