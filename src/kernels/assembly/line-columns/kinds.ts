// Kinds of columns, and limits of what the encoder writes and the decoder reads; docs/format.md has both.

export const dictionary: u32 = 0;
export const number: u32 = 1;
export const digits: u32 = 2;
export const hex: u32 = 3;
export const text: u32 = 4;
export const templates: u32 = 5;

/** Kinds of templates: of lines that the pipeline's parsers read to their end without an error, or of anything. */
export const anyTemplate: u32 = 0;
export const jsonTemplate: u32 = 1;
export const logfmtTemplate: u32 = 2;

export const planesMax: u32 = 4;
/** Values that a dictionary holds: two planes of numbers. */
export const dictionaryMax: u32 = 65536;
/** Digits of one integer of the kind `digits`. */
export const groupDigits: u32 = 9;
export const groupsMax: u32 = 8;
export const decimalsMax: u32 = 15;
/** Templates of values that are parts of values of templates … */
export const depthMax: u32 = 4;
