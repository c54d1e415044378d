// Lines for columns to fail at: fields of every kind, nearly the same again and again, then broken.
import fc from 'fast-check';

const word = fc.constantFrom(
  'a',
  'b',
  'status',
  'a_b',
  'a.b',
  'a b',
  'app',
  '1x',
  'é',
  'level',
  'x_extracted',
  'nested',
);
const digits = fc.nat(3000).map(String);
const scalar = fc.oneof(
  digits,
  fc.constantFrom(
    '-0',
    '0',
    '007',
    '1e5',
    '-5',
    '1.50',
    '0.05',
    '-0.0',
    'true',
    'false',
    'null',
    'nul',
    '12a#',
  ),
  fc.tuple(fc.nat(99), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
  fc.nat(2 ** 31 - 1).map((n) => String(n * 4_194_304)),
);
const text = fc.oneof(
  digits,
  fc.nat(9999).map((n) => `GET /api/v1/users/${n} HTTP/1.1`),
  fc.nat(255).map((n) => `10.0.${n}.${n % 7}`),
  fc
    .nat(99)
    .map((n) => `2026-11-30T20:07:${String(n % 60).padStart(2, '0')}.${String(n * 37).padStart(6, '0')}Z`),
  fc.nat().map((n) => (n * 2654435761).toString(16).padStart(16, '0').slice(0, 16)),
  fc.nat(99).map((n) => `${n}.${n}ms`),
  fc.constantFrom('', '-', 'zoë', 'esc\\n\\"q\\"', 'bad \\x', '\\ud800', 'a=b c', 'tab\\t', 'x'.repeat(70)),
);
const quoted = text.map((value) => `"${value}"`);

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    quoted,
    fc.constantFrom('[]', '[1,"a"]', '[{"a":1}]', '[}{]', '{}', '[', '"'),
    tie('object'),
  ),
  object: fc
    .tuple(fc.array(fc.tuple(word, tie('value')), { maxLength: 5 }), fc.constantFrom('', ' '))
    .map(
      ([fields, space]) => `{${fields.map(([key, value]) => `"${key}":${space}${value}`).join(`,${space}`)}}`,
    ),
}));
const jsonLine = json.object as fc.Arbitrary<string>;

const logfmtLine = fc
  .array(fc.tuple(word, fc.oneof(scalar, text, quoted, fc.constantFrom('"', 'a"b', 'x=y'))), { maxLength: 6 })
  .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join(' '));

const freeLine = fc
  .array(fc.oneof(word, text, quoted, scalar, fc.constantFrom('error:', '[', ']', '-', '\n', 'é', '\0')), {
    maxLength: 9,
  })
  .map((words) => words.join(' '));

/** A line again with other digits; then some bytes of it cut or changed. */
const variations = (line: string): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.nat(),
      fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 6 }),
      fc.option(fc.nat(), { freq: 12 }),
    )
    .map(([seed, change, cut]) => {
      let state = seed;
      const varied = line.replace(/\d/g, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return String(state >>> 29);
      });
      const bytes = Buffer.from(varied, seed % 9 === 0 ? 'latin1' : 'utf8');
      if (change !== null && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
      return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
    });

const linesOf = (line: fc.Arbitrary<string>): fc.Arbitrary<Buffer[]> =>
  fc
    .array(line, { minLength: 1, maxLength: 4 })
    .chain((models) => fc.array(fc.oneof(...models.map(variations)), { minLength: 1, maxLength: 60 }));

export const hostileJson = linesOf(jsonLine);
export const hostileLogfmt = linesOf(logfmtLine);
export const hostileLines = fc.oneof(
  hostileJson,
  hostileLogfmt,
  linesOf(freeLine),
  linesOf(fc.oneof(jsonLine, logfmtLine, freeLine)),
  fc.array(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    { minLength: 1, maxLength: 40 },
  ),
);
