// TAG of RFC 3164: the program, its process in brackets, a colon.
//   sshd[123]: text    app: text    app[]: text    app:text    app[123] text

export interface Tag {
  readonly app: string;
  readonly processId: string;
  /** Offset of the text after it. */
  readonly end: number;
}

const letter = '\\p{L}';
const word = `[\\p{L}\\p{N}_./@%+#$()~&*\\\\-]{1,128}`;
/** Digits alone are no program: they number lines. */
/** A percent sign begins the kind of message of network devices. */
const name = `(?!%)(?=[^\\s:[]*${letter})(?<app>${word})`;

/** A space or the end of the text stands after the colon. */
const spaced = new RegExp(`^${name}(?:\\[(?<pid>[^\\]\\s]{0,128})\\])?:(?: |$)`, 'u');
/** The text may follow the colon, unless that makes it a URL, a path, an address or a time. */
const tight = /^(?=[\w./-]*[A-Za-z])(?<app>[\w./-]{2,64})(?:\[(?<pid>[^\]\s]{0,128})\])?:(?![/\\:\d])/u;
/** Brackets with a number tell as much as the colon. */
const bracketed = new RegExp(`^${name}\\[(?<pid>\\d{1,10})\\](?::|(?: |$))`, 'u');
const tagCharsMax = 300;

/**
 * The tag at `at`; undefined when there is none.
 * @param kind `spaced`: only what is surely a tag; `any`: where a header says that one comes
 */
export function tagOf(text: string, at: number, kind: 'spaced' | 'any'): Tag | undefined {
  const head = text.slice(at, at + tagCharsMax);
  const match = spaced.exec(head) ?? bracketed.exec(head) ?? (kind === 'any' ? tight.exec(head) : null);
  if (!match?.groups) return undefined;
  const end = at + match[0].length;
  return {
    app: match.groups.app ?? '',
    processId: match.groups.pid === '-' ? '' : (match.groups.pid ?? ''),
    end: text[end - 1] === ':' && text[end] === ' ' ? end + 1 : end,
  };
}
