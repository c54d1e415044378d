// Texts of operators and clients: configuration, command lines, import files, request parameters, small values.
import { CommandError } from '../../src/commands/cli/command.ts';
import { translateConfig } from '../../src/commands/promtail/translate.ts';
import { importEntries } from '../../src/commands/store/import-entries.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseCommandLine } from '../../src/config/sources/command-line.ts';
import { loadConfig } from '../../src/config/sources/load-config.ts';
import { parseBytes } from '../../src/go/bytes.ts';
import { formatGoDuration, parseGoDuration } from '../../src/go/duration.ts';
import { parseGoFloat } from '../../src/go/number.ts';
import { parsePrometheusDuration } from '../../src/go/prometheus-duration.ts';
import { quoteGo, unquoteGo } from '../../src/go/quote.ts';
import {
  directionParameter,
  limitParameter,
  parameter,
  parameterList,
  parseParameters,
} from '../../src/http/parameters/parameters.ts';
import { tightenLimits } from '../../src/http/parameters/query-limits-header.ts';
import { optionalSelector, selectorList } from '../../src/http/parameters/selector-parameters.ts';
import {
  instantTime,
  intervalParameter,
  parseSecondsOrDuration,
  queryBounds,
  stepParameter,
} from '../../src/http/parameters/time-parameters.ts';
import { logsParameters, readParameters, streamParameters } from '../../src/http/plain/logs-parameters.ts';
import { errorAnswer, HttpError } from '../../src/http/server/http-error.ts';
import { defaultQueryLimits } from '../../src/http/server/settings.ts';
import { tailRequest } from '../../src/http/tail/tail-request.ts';
import { mediaType } from '../../src/ingest/decode/media-type.ts';
import { PushError } from '../../src/ingest/limits/push-error.ts';
import { parseJsonPath } from '../../src/logql/extraction-path.ts';
import { ParseError } from '../../src/logql/parse-error.ts';
import { int64Max, int64Min } from '../../src/model/time.ts';
import { exampleConfigurations } from './example-configurations.ts';
import { type FuzzTarget, must } from './target.ts';

const nowNs = 1_795_500_000_000_000_000n;

/** Each reader of parameters; what it throws is an answer to the client or a fault of ours. */
const readers: readonly ((parameters: ReturnType<typeof parseParameters>) => unknown)[] = [
  (p) => {
    const range = queryBounds(p, nowNs);
    must(range.startNs >= int64Min && range.endNs <= int64Max, 'times outside of int64');
    return stepParameter(p, range);
  },
  (p) => instantTime(p, nowNs),
  intervalParameter,
  directionParameter,
  (p) => limitParameter(p, 'limit', 100),
  async (p) => (await tailRequest(p, nowNs)).delayMs,
  async (p) => (await optionalSelector(parameter(p, 'query')))?.matchers.length,
  async (p) => (await selectorList(parameterList(p, 'match', 'match[]'))).length,
  (p) => Object.keys(readParameters(logsParameters, p)).length,
  (p) => Object.keys(readParameters(streamParameters, p)).length,
  (p) => tightenLimits(defaultQueryLimits, parameter(p, 'limits')).queryTimeoutMs,
];

async function ended(work: () => unknown): Promise<string> {
  try {
    return typeof (await work());
  } catch (error) {
    const { unexpected, status, message } = errorAnswer(error);
    if (unexpected) throw error;
    must(message !== '', 'an answer without a text');
    return String(status);
  }
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function smallValues(text: string): Promise<string> {
  must(unquoteGo(quoteGo(text)) === Buffer.from(text).toString(), 'quoted and read back as another text');
  const duration = parseGoDuration(text);
  if (typeof duration === 'bigint')
    must(parseGoDuration(formatGoDuration(duration)) === duration, 'a duration printed as another');
  return [
    typeof duration,
    typeof parsePrometheusDuration(text),
    typeof parseBytes(text),
    typeof parseGoFloat(text),
    typeof parseJsonPath(text),
    typeof unquoteGo(text),
    await ended(() => parseSecondsOrDuration(text)),
  ].join();
}

const promtailFile = `server: {http_listen_port: 9080}
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: app
    static_configs: [{targets: [localhost], labels: {job: app, __path__: /var/log/*.log}}]
    pipeline_stages:
      - json: {expressions: {level: level}}
      - match: {selector: '{job="app"} |= "x"', stages: [{regex: {expression: '(?P<a>\\\\w+)'}}], action: drop}
      - labels: {level: }
    relabel_configs: [{source_labels: [a], regex: (.*), target_label: b}]
`;

export const textTargets: readonly FuzzTarget[] = [
  {
    name: 'configuration',
    costFactor: 0.5,
    bytesMax: 800,
    seeds: await exampleConfigurations(),
    dictionary: [
      '- ',
      ': ',
      '\n  ',
      '[',
      '{',
      '&a',
      '*a',
      '<<: *a',
      '!!binary',
      '"',
      '#',
      '---\n',
      '10s',
      '5GB',
      'true',
      '-1',
      '|\n',
      '__proto__: x',
    ],
    errors: [ConfigError],
    run: async (input) =>
      (await loadConfig({ file: { name: 'skald.yaml', text: input.toString() }, environment: {} })).warnings
        .length,
  },
  {
    name: 'command-line',
    // Ordinary ones load all settings.
    costFactor: 1,
    // The user's own, of the system's bounded length.
    costBytesMax: 16_384,
    bytesMax: 120,
    seeds: [
      '--config.file=x\0--server.http_listen_port=3100',
      'check-config\0--limits.ingestion_rate_mb\x004',
      '-h',
    ],
    dictionary: ['--', '=', '\0', '--version', 'print-config', '--__proto__', '-'],
    errors: [ConfigError],
    errorsRepeatInput: true,
    async run(input) {
      const { flags } = parseCommandLine(input.toString().split('\0'));
      return (await loadConfig({ environment: {}, flags })).warnings.length;
    },
  },
  {
    name: 'import-file',
    seeds: [
      '{"timestamp":"1795500000000000000","labels":{"a":"b"},"line":"x","structuredMetadata":{"k":"v"}}\n{"timestamp":"2026-11-24T10:00:00Z","stream":{},"lineBase64":"eA=="}',
      '[{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"k":"v"}]]}]}]',
      '{"data":{"resultType":"streams","result":[{"stream":{"a":"b"},"values":[["1","x",{"parsed":{"k":"v"}}]]}]}}',
    ],
    dictionary: ['"timestamp":', '"values":', '[[', '{', '}', '"__proto__":', 'null', '"lineBase64":'],
    errors: [CommandError],
    async run(input) {
      let entries = 0;
      for await (const { timestampNs } of importEntries(oneChunk(input), 'x')) {
        must(typeof timestampNs === 'bigint', 'no time');
        entries++;
      }
      return entries;
    },
  },
  {
    name: 'promtail-file',
    bytesMax: 800,
    costFactor: 2,
    seeds: [promtailFile],
    dictionary: [
      '- ',
      ': ',
      '\n  ',
      'job_name: x',
      '__path__: /x/*.log',
      'static_configs:',
      'match:',
      '*a',
      '&a',
    ],
    errors: [ConfigError, CommandError],
    errorsRepeatInput: true,
    async run(input) {
      const { remarks } = await translateConfig('promtail.yaml', input.toString(), {
        environment: { HOME: '/root' },
        readOther: () => 'overrides: {}',
      });
      return remarks.length > 0;
    },
  },
  {
    name: 'media-type',
    seeds: ['application/json; charset="utf-8"; q=1', 'text/plain', 'Application/X-Protobuf ;a=b'],
    dictionary: ['; ', '="', '/', '\\"', '=', 'x'],
    errors: [PushError],
    run: (input) => typeof mediaType(input.toString()),
  },
  {
    name: 'parameters',
    seeds: [
      'query=%7Bapp%3D%22x%22%7D&start=1795500000&end=1795503600.5&step=15s&limit=10&direction=forward&interval=1m',
      'query={a="b"}&time=2026-11-24T10:00:00Z&since=1h&delay_for=3&match[]={a="b"}&match={c=~"d"}',
      'source=docker&level=error&text=a+b&container=x&limit=5&since=15m&cursor=abc',
      'limits={"maxQueryLength":"1h","maxQueryBytesRead":"1GB","maxEntriesLimitPerQuery":5}',
    ],
    dictionary: [
      '&',
      '=',
      '%00',
      '%zz',
      '+',
      'start=',
      'end=',
      'step=',
      'since=',
      'query=',
      '1e309',
      '-1',
      '9223372036854775807',
      'limits={"',
    ],
    errors: [HttpError, ParseError],
    async run(input) {
      const parameters = parseParameters(input.toString());
      const ends: string[] = [];
      for (const read of readers) ends.push(await ended(() => read(parameters)));
      return ends.join();
    },
  },
  {
    name: 'small-values',
    costFactor: 5,
    seeds: [
      '1h30m5.5s',
      '-1.5e3',
      '0x1F',
      '5 GiB',
      '1d2h',
      '"a\\xff\\u00e9\\n"',
      'a["b"].c[0]',
      '1,000KB',
      '\u0000\u200b\ud83d\ude00',
    ],
    dictionary: [
      'ns',
      'µs',
      'ms',
      'w',
      'y',
      'Inf',
      'NaN',
      '_',
      '0b1',
      '\\U0010ffff',
      '\\377',
      '["',
      '"]',
      'E+',
    ],
    bytesMax: 200,
    errors: [],
    run: (input) => smallValues(input.toString()),
  },
];
