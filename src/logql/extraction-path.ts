// The right sides of `json a="x.y[0]"` and `logfmt a="x"`.

export type JsonPathStep = string | number;

/** Each step of a path walks over what is inside the one before it. */
const stepsMax = 256;

/**
 * `a.b[0]["c d"]` as steps. Returns the text of Loki's error when it is no path. A field is letters, digits and
 * `_`, not a digit first.
 */
export function parseJsonPath(path: string): readonly JsonPathStep[] | string {
  const steps: JsonPathStep[] = [];
  const tokens = scanPath(path);
  let at = 0;
  const unexpected = (expecting: string): string => {
    const token = tokens[at] ?? endOfPath;
    if (token.kind === 'BAD') return `unexpected char ${token.text}`;
    return `syntax error: unexpected ${token.kind}${expecting === '' ? '' : `, expecting ${expecting}`}`;
  };
  for (;;) {
    const token = tokens[at];
    if (token?.kind === 'FIELD' && (steps.length === 0 || tokens[at - 1]?.kind === 'DOT')) {
      steps.push(token.text);
      at++;
    } else if (token?.kind === 'LSB' && tokens[at - 1]?.kind !== 'DOT') {
      at++;
      const inside = tokens[at];
      if (inside?.kind === 'INDEX') steps.push(Number(inside.text));
      else if (inside?.kind === 'STRING') steps.push(inside.text);
      else return unexpected('STRING or INDEX');
      at++;
      // Loki's scanner knows an index by the bracket after it: without one it sees none.
      if (tokens[at] === undefined && inside.kind === 'INDEX') return unexpected('STRING or INDEX');
      if (tokens[at]?.kind !== 'RSB') return unexpected('RSB');
      at++;
    } else {
      return unexpected(steps.length === 0 ? 'LSB or FIELD' : tokens[at - 1]?.kind === 'DOT' ? 'FIELD' : '');
    }
    if (at === tokens.length) return steps.length > stepsMax ? `more than ${stepsMax} steps` : steps;
    if (tokens[at]?.kind === 'DOT') at++;
    else if (tokens[at]?.kind !== 'LSB') return unexpected('');
  }
}

/** What is wrong with the key of `logfmt label="key"`, in Loki's words; undefined: nothing. */
export function logfmtKeyError(key: string): string | undefined {
  const first = key[0];
  if (first === undefined || !/[a-zA-Z_]/.test(first)) {
    return first === undefined || /[\d\u0080-\uffff]/.test(first)
      ? 'syntax error: unexpected $end, expecting STRING or KEY'
      : `unexpected char ${first}`;
  }
  const rest = /[^a-zA-Z0-9_]/.exec(key);
  if (rest === null) return undefined;
  return rest[0] === ' ' ? 'syntax error: unexpected KEY' : `unexpected char ${rest[0]}`;
}

interface PathToken {
  readonly kind: 'FIELD' | 'DOT' | 'LSB' | 'RSB' | 'INDEX' | 'STRING' | 'BAD' | '$end';
  readonly text: string;
}
const endOfPath: PathToken = { kind: '$end', text: '' };

function scanPath(path: string): readonly PathToken[] {
  const tokens: PathToken[] = [];
  let bracket = false;
  for (let at = 0; at < path.length; ) {
    pathToken.lastIndex = at;
    const found = pathToken.exec(path);
    if (found === null) {
      // Digits outside brackets and letters beyond ASCII end the path for Loki's scanner.
      const char = String.fromCodePoint(path.codePointAt(at) as number);
      tokens.push(/^[\d\u0080-\u{10ffff}]/u.test(char) ? endOfPath : { kind: 'BAD', text: char });
      return tokens;
    }
    at = pathToken.lastIndex;
    const text = found[0];
    const { field, index, string } = found.groups as Record<string, string | undefined>;
    if (field !== undefined) tokens.push({ kind: 'FIELD', text });
    else if (string !== undefined)
      tokens.push({ kind: 'STRING', text: text.slice(1, -1).replace(/\\(.)/gs, '$1') });
    else if (index !== undefined) {
      if (!bracket) {
        tokens.push(endOfPath);
        return tokens;
      }
      tokens.push({ kind: 'INDEX', text });
    } else if (text === '.') tokens.push({ kind: 'DOT', text });
    else if (text === '[' || text === ']') {
      bracket = text === '[';
      tokens.push({ kind: bracket ? 'LSB' : 'RSB', text });
    }
  }
  return tokens;
}

const pathToken =
  /(?<field>[a-zA-Z_][a-zA-Z0-9_]*)|(?<index>[0-9]+)|(?<string>"(?:[^"\\]|\\.)*")|[.[\]]|[ \t\r\n]+/suy;
