// What users write: LogQL, templates, patterns, addresses, expressions; and what lines make of a query's stages.
import { parseIpAddress, parseIpPattern } from '../../src/logql/ip-pattern.ts';
import { ParseError } from '../../src/logql/parse-error.ts';
import { parseExpr } from '../../src/logql/parser.ts';
import { parsePattern, patternFilterError, patternStageError } from '../../src/logql/pattern.ts';
import { formatExpr, printExpr } from '../../src/logql/print.ts';
import type { Labels } from '../../src/model/labels.ts';
import { compileIpMatcher } from '../../src/pipeline/ip-matcher.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { matchPattern } from '../../src/pipeline/pattern-matcher.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { compileLineFilters, hoistLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import { compileLinearMatcher } from '../../src/regex/linear-matcher.ts';
import { RegexError } from '../../src/regex/re2.ts';
import { compileRegex } from '../../src/regex/regex.ts';
import { requiredLiterals } from '../../src/regex/required-literals.ts';
import { outputLengthMax } from '../../src/template/limits.ts';
import { compileTemplate } from '../../src/template/template.ts';
import { TemplateError } from '../../src/template/template-error.ts';
import { recordedQueries } from '../logql/recorded.ts';
import { inputOf, leavesOf, testStream } from '../pipeline/query-parts.ts';
import { type FuzzTarget, halves, inputBytesMax, must } from './target.ts';

const queries = [...new Set(recordedQueries().map(({ query }) => query))].filter(
  (text) => text.length < 1000,
);
const words = [...new Set(queries.flatMap((text) => text.match(/"[^"]*"|`[^`]*`|\w+|[^\w\s]+/g) ?? []))];
const lines = [
  'level=info ts=2026-11-24T10:00:00Z msg="a \\"quoted\\" text" took=12ms size=3KB err= status=200',
  '{"a":{"b":[1,{"c":"d"}]},"msg":"ok\\u00e9\\n","msg":"again","n":-1.5e3,"t":true,"x":null}',
  '10.0.0.7 - - [24/Nov/2026:13:05:11 +0000] "GET /api HTTP/1.1" 200 512 "-" "curl/8"',
  '{"_entry":"packed","app":"x"}',
  '\u001b[31mred\u001b[0m fe80::1 took 3s',
];

type Run = (line: Buffer) => string;

/** Every pipeline of a query, ready for lines. */
function compiled(query: string): readonly Run[] {
  return leavesOf(parseExpr(query)).map((leaf): Run => {
    const { lineFilters, rest } = hoistLineFilters((leaf.kind === 'logQuery' ? leaf : leaf.log).stages);
    const { matches } = compileLineFilters(lineFilters);
    const log = compileLogPipeline(rest).forStream(testStream);
    const samples =
      leaf.kind === 'rangeAggregation'
        ? compileSamplePipeline(leaf, { stages: rest }).forStream(testStream)
        : undefined;
    return (line) => {
      if (!matches(line, 0, line.length)) return '-';
      const output = log.process(inputOf(line));
      // A template may print so much after a line or value that was there.
      const lengthMax = outputLengthMax + 4 * line.length;
      must((output?.line.length ?? 0) <= lengthMax, `a line of ${output?.line.length} characters`);
      for (const [name, value] of output?.labels.parsed ?? [])
        must(value.length <= lengthMax, `${name} has ${value.length} characters`);
      const sample = samples?.process(inputOf(line));
      return ending(output?.labels.parsed, sample);
    };
  });
}

/**
 * A letter for the way a line came out: no names of labels, which are the input's own, so that the outcomes of all
 * pipelines have room beside each other.
 */
function ending(parsed: Labels | undefined, sample: unknown): string {
  if (parsed === undefined) return '!';
  const letter = 'abcdefgh'[Math.min(7, parsed.length)] as string;
  const failed = parsed.some(([name]) => name === '__error__');
  return `${failed ? letter.toUpperCase() : letter}${sample === undefined ? '' : '+'}`;
}

/** One of each kind of stage. */
const fixedPipelines = [
  ...['json', 'logfmt', 'logfmt --strict --keep-empty', 'unpack', 'decolorize', 'json a="a.b[1].c", n="n"'],
  ...['logfmt level, took="took"', 'regexp "(?P<ip>\\\\d+(\\\\.\\\\d+){3}).*?(?P<status>\\\\d{3})"'],
  ...['pattern "<ip> - - [<_>] \\"<method> <path> <_>\\" <status> <size> <_>"', 'json | t="true" or n > 1'],
  ...[
    'logfmt | took > 5ms | size >= 2KB',
    'line_format "{{ __line__ | upper | trunc 5 }}"',
    'json | keep a, msg',
  ],
  ...['logfmt | label_format x=`{{ .msg | default "-" }}` | drop level="info"'],
]
  .map((stages) => `{app="x"} | ${stages}`)
  .concat(
    '{app="x"} |= ip("10.0.0.0/8")',
    '{app="x"} |~ "(?i)GET|err.r" !> "<_> - <_>"',
    '{app="x"} |> "<_>=<_>"',
  )
  .concat(
    ['rate', 'bytes_over_time', 'count_over_time'].map((call) => `${call}({app="x"} | json | logfmt [1m])`),
    ['unwrap n', 'unwrap duration(took)', 'unwrap bytes(size)', 'unwrap took | __error__=""'].map(
      (unwrap) => `avg_over_time({app="x"} | json | logfmt | ${unwrap} [1m]) by (level)`,
    ),
  )
  .flatMap(compiled);

const templates = queries.flatMap(
  (query) => query.match(/(?:line_format|label_format \w+=)\s*[`"](.+?)[`"]/)?.[1] ?? [],
);
const templateWords = [
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    '{{if',
    '{{else}}',
    '{{end}}',
    '{{range',
    '{{with',
    '{{define "T"}}',
    '{{template "T" .}}',
  ],
  ...[
    '| repeat 9',
    '| printf "%0*d" 3',
    '| regexReplaceAll "(a)" "$1"',
    '| date "2006-01-02"',
    '| unixToTime',
    ':=',
  ],
  ...[
    '__line__',
    '__timestamp__',
    '$x',
    '.',
    '.app',
    '(',
    ')',
    'index',
    'len',
    'lt',
    'substr 0 9',
    'fromJson',
    '| b64dec',
  ],
];

/** The matcher of bytes, the engine and the literals agree on a text of whole characters. */
function agree(pattern: string, text: string): string {
  const regex = compileRegex(pattern);
  const bytes = Buffer.from(text);
  const matches = regex.test(text);
  const linear = compileLinearMatcher(pattern)?.test(bytes, 0, bytes.length);
  must(linear === undefined || linear === matches, `engine ${matches}, linear matcher ${linear}`);
  if (matches) {
    const { all, anyOf } = requiredLiterals(pattern);
    const folded = text.toLowerCase();
    const holds = (literal: (typeof all)[number]): boolean =>
      (literal.ignoreCase ? folded : text).includes(literal.text) || /[\u212a\u017f]/.test(text);
    must(all.every(holds) && anyOf.every((any) => any.some(holds)), 'a match without its required literals');
  }
  regex.find(text);
  return `${matches} ${linear}`;
}

export const queryTargets: readonly FuzzTarget[] = [
  {
    name: 'logql',
    seeds: queries,
    dictionary: words,
    errors: [ParseError, RegexError],
    run(input) {
      const expr = parseExpr(input.toString());
      const printed = printExpr(expr);
      must(printExpr(parseExpr(printed)) === printed, `printed as ${printed}, read back as another`);
      parseExpr(formatExpr(expr));
      return expr.kind;
    },
  },
  {
    name: 'query-on-lines',
    seeds: queries.map((query, i) => `${query.replaceAll('\n', ' ')}\n${lines[i % lines.length]}`),
    dictionary: words,
    errors: [ParseError, RegexError],
    run(input) {
      const { program, data } = halves(input);
      return compiled(program).map((run) => run(data));
    },
  },
  {
    name: 'pipelines-on-lines',
    costFactor: 3,
    bytesMax: 400,
    seeds: lines,
    dictionary: ['="', '\\"', '\\u', '{"', '":', '}', '[', ' = ', '\u001b[', '"_entry":"', '1e400', '\0'],
    errors: [],
    run: (input) => fixedPipelines.map((run) => run(input)).join(''),
  },
  {
    name: 'template',
    seeds: templates.map((template) => `${template.replaceAll('\n', ' ')}\n${lines[0]}`),
    dictionary: templateWords,
    errors: [TemplateError],
    run(input) {
      const { program, data } = halves(input);
      const line = data.toString();
      const labels = new Map([
        ['app', 'x'],
        ['n', '12.5'],
        ['json', '{"a":[1,2,{"b":"c"}]}'],
      ]);
      const result = compileTemplate(program, 'line').execute({
        line,
        timestampNs: 1_768_471_200_000_000_000n,
        get: (name: string) => labels.get(name),
        entries: () => labels,
      });
      const length = 'text' in result ? result.text.length : 0;
      must(length <= outputLengthMax + 4 * inputBytesMax, `printed ${length} characters`);
      return 'text' in result ? 'text' : result.error;
    },
  },
  {
    name: 'pattern',
    seeds: ['<ip> - <_> [<time>] "<method> <_>"\nx - y [z] "GET /"', '<a><b>\nx', '<_>a<_>\nbab'],
    dictionary: ['<', '>', '<_>', '<a>', '<<', '_', '"'],
    errors: [],
    run(input) {
      const { program, data } = halves(input);
      const error = patternStageError(program);
      const filterError = patternFilterError(program);
      const parts = parsePattern(program);
      if (error === undefined) matchPattern(parts, data.toString(), () => true);
      return `${error} ${filterError}`;
    },
  },
  {
    name: 'ip',
    seeds: [
      '10.0.0.0/8\na 10.1.2.3:80',
      '192.168.1.1-192.168.2.255\n192.168.1.9',
      'fe80::/10\nx fe80::1%eth0 ::ffff:1.2.3.4',
    ],
    dictionary: ['::', '/128', '-', '255', '.0', '%', '::ffff:'],
    errors: [],
    run(input) {
      const { program, data } = halves(input);
      parseIpAddress(program);
      const pattern = parseIpPattern(program);
      return pattern === undefined ? 'none' : compileIpMatcher(program)(data.toString());
    },
  },
  {
    name: 'regex',
    seeds: [
      ...[
        '(?i)err(or)?\\b.*\nan ERROR here',
        '^(a|b)*c{2,3}?$\nabacc',
        '[^a-z\\d_]+\\p{L}\n-é',
        '(?s).+\\z\na\nb',
      ],
      ...['(?P<n>\\w+)=(?:x|y|)\nk=x', '\\Qa.b\\E|[[:alpha:]]\na.b', '(?m)^x$|\\x{10FFFF}\n\nx'],
    ],
    dictionary: [
      '(?i)',
      '(?:',
      '(?P<a>',
      '[^',
      '[[:alpha:]]',
      '\\pL',
      '\\b',
      '\\B',
      '{2,}',
      '{1,9}',
      '.*',
      '\\Q',
      '\\E',
      '$',
    ],
    bytesMax: 400,
    errors: [RegexError],
    run(input) {
      const { program, data } = halves(input);
      return agree(program, data.toString());
    },
  },
];
