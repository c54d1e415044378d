// Texts that are kept for longer than the line they were cut out of.

/** The same text in memory of its own. One that was cut out of a line keeps the whole line. */
export function ownText(text: string): string {
  if (text.length < cutLengthMin) return text;
  const encoding = oneByte.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}

/** V8 copies what is shorter when it is cut out. */
const cutLengthMin = 13;
const oneByte = /^[\0-\xff]*$/;
