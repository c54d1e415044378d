// Random streams: lines of all the forms that parsers read, broken ones among them. No two entries have one time, so
// that there is one right order.
import fc from 'fast-check';

export const startNs = 1_768_471_200_000_000_000n;
const secondNs = 1_000_000_000n;
export const spanSeconds = 9_000;
export const atNs = (seconds: number): bigint => startNs + BigInt(seconds) * secondNs;

export const streamLabels: readonly Readonly<Record<string, string>>[] = [
  { app: 'x', pod: '0' },
  { app: 'x', pod: '1', env: 'dev' },
  { app: 'y', pod: '0', level: 'own' },
  { app: 'größe', status: 'up' },
];

export interface RandomEntry {
  /** Index into {@link streamLabels}. */
  readonly stream: number;
  readonly ns: bigint;
  readonly line: string;
  /** Code of the level, 0 for none. */
  readonly level: number;
  readonly metadata: Readonly<Record<string, string>>;
}

const word = fc.constantFrom(
  'ok',
  'Error',
  'ERROR: disk',
  'time out',
  'größe',
  '',
  '10.0.0.7',
  'a"b',
  'x=1',
  '0',
);
const status = fc.constantFrom('200', '404', '500', '5xx', '', '-1', '1e3', '0x1f');
const took = fc.constantFrom('5ms', '1.5s', '2h', '-3s', 'fast', '', '0');
const size = fc.constantFrom('1KB', '3 MiB', '12', '1.5GB', 'big', '');
const count = fc.integer({ min: -3, max: 12 });

const jsonValue = fc.oneof(
  word,
  count,
  fc.constantFrom<unknown>(null, true, [], [1, 'a'], {}, 1.5, '{"a":1}'),
  fc.record({ id: fc.nat(3), name: word }),
);
const jsonLine = fc
  .record(
    {
      msg: word,
      status: fc.oneof(status, fc.nat(599)),
      took,
      size,
      v: count,
      req: jsonValue,
      app: word,
      'a.b': jsonValue,
      pod: word,
    },
    { requiredKeys: [] },
  )
  .map((fields) => JSON.stringify(fields));
const logfmtLine = fc
  .record(
    { msg: word, status, took, size, v: count, app: word, 'a-b': word, trace: word },
    { requiredKeys: [] },
  )
  .map((fields) =>
    Object.entries(fields)
      .map(([key, value]) =>
        /[ "=]/.test(String(value)) ? `${key}=${JSON.stringify(value)}` : `${key}=${value}`,
      )
      .join(' '),
  );
const accessLine = fc
  .tuple(
    fc.constantFrom('10.0.0.1', '192.168.1.9', '::1', '-'),
    fc.constantFrom('/a', '/b/c', ''),
    status,
    count,
  )
  .map(([ip, path, code, v]) => `${ip} - GET ${path} ${code} ${v}`);
const packedLine = fc
  .tuple(word, fc.oneof(word, fc.constant('v=1 status=200')))
  .map(([pod, entry]) => JSON.stringify({ pod, trace: 'packed', _entry: entry }));
const line = fc.oneof(
  { weight: 4, arbitrary: jsonLine },
  { weight: 4, arbitrary: logfmtLine },
  { weight: 2, arbitrary: accessLine },
  packedLine,
  word,
  fc.constantFrom(
    '{"msg":"cut off',
    '{"msg":"a","v":',
    'v=1 "quoted key"=2 =x v="open',
    '\u001b[31mv=2\u001b[0m status=500',
    '{}',
    '[1]',
  ),
  // Anything cut anywhere.
  fc.tuple(fc.oneof(jsonLine, logfmtLine), fc.nat(60)).map(([text, at]) => text.slice(0, at)),
);

const metadata = fc.constantFrom<Record<string, string>>(
  {},
  {},
  { trace: 'a' },
  { trace: 'b', status: '404' },
  { pod: 'meta', v: '7' },
);

/** In the order in which they are pushed, which is not that of their times. */
export const randomEntries: fc.Arbitrary<readonly RandomEntry[]> = fc.uniqueArray(
  fc
    .record({
      stream: fc.nat(streamLabels.length - 1),
      seconds: fc.nat(spanSeconds),
      nanos: fc.constantFrom(0n, 0n, 1n, 999_999_999n),
      line,
      level: fc.constantFrom(0, 0, 3, 4, 6),
      metadata,
    })
    .map(({ seconds, nanos, ...rest }): RandomEntry => ({ ...rest, ns: atNs(seconds) + nanos })),
  { selector: ({ ns }) => ns, minLength: 5, maxLength: 60 },
);
