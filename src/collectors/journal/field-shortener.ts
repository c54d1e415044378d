// A JSON object of journalctl's that is too long to be held → the same with its long values cut, as it passes. Values are
// texts, null, and arrays of numbers, of texts, and of arrays of numbers.

import type { LineShortener } from './line-splitter.ts';

/** How much of a value is kept, in characters of its JSON. */
export interface KeptChars {
  readonly message: number;
  readonly others: number;
}

/** A field of the shortened object: how many characters of the message's JSON were left out. No sender can write it. */
export const lostField = '__LOST';

/** journald takes no more fields than a thousand: what is longer is no entry of its. */
const outCharsMax = 32 * 1024 * 1024;

const quote = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const letterU = 117;
const openBrace = 123;
const closeBrace = 125;

export class FieldShortener implements LineShortener {
  readonly #kept: KeptChars;
  readonly #out: string[] = [];
  #outChars = 0;
  #depth = 0;
  #inText = false;
  /** Characters of the text that belong to an escape which has begun. */
  #escapeLeft = 0;
  /** The character after a backslash comes. */
  #isEscapeBegun = false;
  /** The name of the field whose value comes. */
  #name = '';
  #isName = false;
  #usedChars = 0;
  #lostChars = 0;
  /** Nothing is kept until the text ends, or the array of this depth; 0: all is kept. */
  #droppedText = false;
  #droppedDepth = 0;

  constructor(kept: KeptChars) {
    this.#kept = kept;
  }

  push(text: string): void {
    // No object of fields.
    if (this.#outChars > outCharsMax) return;
    let from = this.#isDropping ? -1 : 0;
    for (let at = 0; at < text.length; at++) {
      const wasDropping = this.#isDropping;
      this.#step(text.charCodeAt(at));
      const isDropping = this.#isDropping;
      if (!wasDropping && isDropping) {
        this.#keep(text.slice(from, at));
        from = -1;
      } else if (wasDropping && !isDropping) from = at;
      if (isDropping && this.#name === 'MESSAGE') this.#lostChars++;
    }
    if (from >= 0) this.#keep(text.slice(from));
  }

  #keep(text: string): void {
    this.#out.push(text);
    this.#outChars += text.length;
  }

  end(): string {
    const json = this.#out.join('');
    return json.endsWith('}') && this.#lostChars > 0
      ? `${json.slice(0, -1)},"${lostField}":"${this.#lostChars}"}`
      : json;
  }

  get #isDropping(): boolean {
    return this.#droppedText || this.#droppedDepth > 0;
  }

  get #isFull(): boolean {
    return this.#usedChars >= (this.#name === 'MESSAGE' ? this.#kept.message : this.#kept.others);
  }

  #step(code: number): void {
    if (this.#inText) this.#stepInText(code);
    else this.#stepBetween(code);
    if (!this.#isName) this.#usedChars++;
  }

  #stepInText(code: number): void {
    if (this.#escapeLeft > 0) {
      this.#escapeLeft = this.#isEscapeBegun && code === letterU ? 4 : this.#escapeLeft - 1;
      this.#isEscapeBegun = false;
      return;
    }
    if (code === quote) {
      this.#inText = false;
      this.#droppedText = false;
      return;
    }
    if (this.#isName) this.#name += String.fromCharCode(code);
    else if (this.#droppedDepth === 0 && this.#isFull) this.#droppedText = true;
    if (code !== backslash) return;
    this.#escapeLeft = 1;
    this.#isEscapeBegun = true;
  }

  #stepBetween(code: number): void {
    switch (code) {
      case quote:
        this.#inText = true;
        if (this.#isName) this.#name = '';
        return;
      case openBrace:
        this.#depth++;
        this.#isName = true;
        return;
      case openBracket:
        this.#depth++;
        return;
      case colon:
        this.#isName = false;
        this.#usedChars = 0;
        return;
      case comma:
        if (this.#depth === 1) this.#isName = true;
        else if (this.#droppedDepth === 0 && this.#isFull) this.#droppedDepth = this.#depth;
        return;
      case closeBracket:
      case closeBrace:
        if (this.#depth === this.#droppedDepth) this.#droppedDepth = 0;
        this.#depth--;
        return;
      default:
        return;
    }
  }
}
