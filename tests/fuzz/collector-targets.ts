// What collectors read: frames of the engine, syslog, the journal, lines of files, and their own checkpoints.

import { decodePosition } from '../../src/collectors/docker/checkpoint.ts';
import { dockerDialect, journaldDialect, podmanDialect } from '../../src/collectors/docker/dialect.ts';
import { FrameDecoder, FrameError } from '../../src/collectors/docker/frames.ts';
import { LineAssembler, streamStart } from '../../src/collectors/docker/lines.ts';
import { decodeFilePosition } from '../../src/collectors/files/checkpoint.ts';
import { expandBraces, GlobError, matchesPath } from '../../src/collectors/files/find/glob.ts';
import { decodeLine } from '../../src/collectors/files/follow/encoding.ts';
import { LineStreams } from '../../src/collectors/files/follow/line-streams.ts';
import { GuessedStreams } from '../../src/collectors/guessed-streams.ts';
import { decodeJournalPosition } from '../../src/collectors/journal/checkpoint.ts';
import { JournalStreams, journalEntry, parseJournalFields } from '../../src/collectors/journal/entry.ts';
import { FieldShortener } from '../../src/collectors/journal/field-shortener.ts';
import { LineSplitter } from '../../src/collectors/journal/line-splitter.ts';
import { type LineFormat, parseLine } from '../../src/collectors/parse/line-parser.ts';
import { anyTime, TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { compileRelabel } from '../../src/collectors/relabel.ts';
import { acceptedByDefault } from '../../src/collectors/settings.ts';
import { compileStages, noStages, throughStages } from '../../src/collectors/stages/stages.ts';
import { compileTimeFormat } from '../../src/collectors/stages/time-format.ts';
import { SyslogEntries } from '../../src/collectors/syslog/entry.ts';
import { SyslogFramer } from '../../src/collectors/syslog/framing.ts';
import { parseSyslog } from '../../src/collectors/syslog/message.ts';
import { utc } from '../../src/go/zone.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { type FuzzTarget, halves, must } from './target.ts';

const nowNs = 1_795_500_000_000_000_000n;
const clock = { nowNs: () => nowNs };
const formats: readonly LineFormat[] = ['auto', 'pino', 'json', 'logfmt', 'plain', 'syslog', 'cri', 'docker'];

/** The same bytes in pieces, cut at places that the bytes themselves choose. */
function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + ((bytes[at] as number) % 97);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** A piece costs something whatever its length: where costs are compared, all inputs of a length have as many. */
function* inEqualPieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 48) yield bytes.subarray(at, at + 48);
}

type Cut = typeof inPieces;

const cutting = (run: (input: Buffer, cut: Cut) => unknown): Pick<FuzzTarget, 'run' | 'costRun'> => ({
  run: (input) => run(input, inPieces),
  costRun: (input) => run(input, inEqualPieces),
});

function frame(stream: number, text: string): Buffer {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

const framePayloadKept = 200;

const framesOf = (pieces: Iterable<Buffer>): readonly string[] => {
  const decoder = new FrameDecoder(framePayloadKept);
  const found: string[] = [];
  for (const piece of pieces)
    decoder.push(piece, (stream, bytes, start, end) => {
      must(end - start <= framePayloadKept + 1, 'a frame above its bound');
      found.push(`${stream} ${bytes.toString('latin1', start, end)}`);
    });
  return found;
};

interface Framed {
  readonly messages: readonly string[];
  readonly wrongCounts: number;
}

function messagesOf(pieces: Iterable<Buffer>, messageBytesMax: number): Framed {
  const messages: string[] = [];
  let wrongCounts = 0;
  const framer = new SyslogFramer({
    messageBytesMax,
    onMessage: (bytes, lostBytes) => {
      must(bytes.length > 0 && bytes.length <= messageBytesMax, `a message of ${bytes.length} bytes`);
      messages.push(`${lostBytes > 0} ${bytes.toString('latin1')}`);
    },
    onWrongCount: () => wrongCounts++,
  });
  for (const piece of pieces) framer.push(piece);
  framer.end();
  return { messages, wrongCounts };
}

const journalStreams = new JournalStreams('h', []);

const syslogSeeds = [
  '<139>1 2026-11-24T04:08:40.775949+02:00 host app 12 ID1 [ex@32473 k="v\\"]" x="y"][b c="d"] text',
  '<34>Nov 24 04:08:40 mymachine su[12]: failed for lonvick',
  '<13>Nov  4 04:08:40 tag: text',
  'no priority at all',
  '<165>1 - - - - - - \ufeffwith a mark',
  '<134>1 2026-11-24T04:08:40Z gw CheckPoint 1 - [action:"Accept"; ifname:"eth0"; ]',
  '<189>485: router1: *Nov 24 04:08:40.406 UTC: %LINEPROTO-5-UPDOWN: up',
  '<14>Nov 24 2026 04:08:40 AP aabbccddeeff,U7-Pro-8.6: hostapd[6885]: text',
  '<30>Nov 24 04:08:40 MikroTik system,info,account user admin',
  '<134>CEF:0|Vendor|Pro\\|duct|1.0|100|Name|5|src=10.0.0.1 dvchost=dev1',
  '<189>date=2026-11-24 time=04:08:40 devname="FG1" logid="0013" type="traffic"',
  '<14>1,2026/11/24 04:08:40,0123,TRAFFIC,end,2305',
];
const syslogEntries = new SyslogEntries({
  labels: [['job', 'syslog']],
  relabel: compileRelabel([]),
  relabelled: false,
  timestamp: 'message',
  guessed: new GuessedStreams({ perPeerMax: 500, totalMax: 2_000 }),
  accepted: acceptedByDefault,
  onRepaired: () => {},
});

const journalLine = JSON.stringify({
  __CURSOR: 's=1;i=2',
  __REALTIME_TIMESTAMP: '1795500000000000',
  MESSAGE: [104, 105, 255],
  PRIORITY: '3',
  _SYSTEMD_UNIT: 'ssh.service',
  _HOSTNAME: 'vm',
  _TRANSPORT: 'syslog',
  CODE_FILE: ['a', 'b'],
  BIG: null,
});

const criLines = [
  '2026-11-24T15:04:05.123456789Z stdout F level=info a line',
  '2026-11-24T15:04:05.2Z stderr P a pie',
  '2026-11-24T15:04:05.3+02:00 stderr F ce',
  '  an indented line',
].join('\n');

function fileEntries(format: LineFormat, text: string): number {
  let entries = 0;
  const streams = new LineStreams(
    {
      target: {
        include: [],
        exclude: [],
        labels: { job: 'x' },
        parse: { format, timestamp: 'line', multiline: { firstLine: '^\\S', linesMax: 3, waitMs: 1000 } },
        from: 'beginning',
        encoding: 'utf8',
        compressed: false,
        relabel: [],
        stages: [],
      },
      labels: [['job', 'x']],
      stages: noStages,
      clock,
      lineBytesMax: 200,
      emit: () => entries++,
    },
    0,
    undefined,
  );
  let offset = 0;
  for (const line of text.split('\n')) {
    offset += line.length + 1;
    streams.take({ text: line, truncatedBytes: 0 }, offset);
    must(streams.position().offset <= offset, 'a position behind what was read');
  }
  return entries;
}

const stages = compileStages([
  { kind: 'json', fields: {}, source: '' },
  { kind: 'logfmt', fields: {}, source: '' },
  { kind: 'regex', expression: '(?P<first>\\w+)[= ](?P<second>.*)', source: '' },
  { kind: 'timestamp', source: 'ts', format: '', zone: 'Europe/Berlin' },
  { kind: 'level', source: 'level' },
  { kind: 'labels', labels: { first: 'first' } },
  { kind: 'structured_metadata', fields: { second: 'second' }, rest: true },
  { kind: 'replace', expression: '(\\d+)', replacement: '<$1>', source: '' },
  { kind: 'drop', when: { source: 'drop', expression: 'yes', longerThanBytes: 0, olderThanMs: 0 } },
  { kind: 'output', source: 'msg' },
]);

/** Undefined when there are too many: the error's text is another for each pattern. */
function alternatives(pattern: string): readonly string[] | undefined {
  try {
    return expandBraces(pattern);
  } catch (error) {
    if (error instanceof GlobError && error.message !== '') return undefined;
    throw error;
  }
}

export const collectorTargets: readonly FuzzTarget[] = [
  {
    name: 'docker-frames',
    seeds: [
      Buffer.concat([frame(1, '2026-11-24T15:04:05.1Z a\n'), frame(2, 'b'.repeat(300)), frame(3, 'c\n')]),
      frame(0, ''),
    ],
    errors: [FrameError],
    ...cutting((input, cut) => {
      const pieces = framesOf(cut(input));
      must(pieces.join('\n') === framesOf([input]).join('\n'), 'cut otherwise, other frames');
      return pieces.length;
    }),
  },
  {
    name: 'docker-lines',
    seeds: [frame(1, 'a line\n'), Buffer.concat([frame(5, 'x'), frame(9, 'y\r\n')])],
    errors: [],
    ...cutting((input, cut) => {
      for (const dialect of [dockerDialect, journaldDialect, podmanDialect]) {
        let last = -1n;
        const lines = new LineAssembler({
          dialect,
          from: streamStart,
          lineBytesMax: 1_000,
          emit: ({ timestampNs, text }) => {
            must(timestampNs >= last, 'times that go back');
            must(text.length <= 1_000, 'a line above its bound');
            last = timestampNs;
          },
        });
        let ns = 1000n;
        for (const piece of cut(input)) {
          const step = (piece[0] as number) - 128;
          ns += BigInt(step > 120 ? 0 : step) * 1000n;
          if (step === -128) lines.reattach();
          lines.push(ns, piece);
        }
        lines.flush();
      }
    }),
  },
  {
    name: 'syslog-frames',
    seeds: [
      syslogSeeds.map((text) => `${Buffer.byteLength(text)} ${text}`).join(''),
      syslogSeeds.join('\n'),
      `${syslogSeeds[1]}\0${syslogSeeds[2]}\n999999 x`,
    ],
    dictionary: ['72 ', '<13>', '\n', '\0', '999999999 ', '0 '],
    errors: [],
    ...cutting((input, cut) => {
      messagesOf(cut(input), 64);
      const whole = messagesOf([input], 1024 * 1024);
      const pieced = messagesOf(cut(input), 1024 * 1024);
      // Where a count is wrong, the message's end is what has come by then.
      must(
        whole.wrongCounts + pieced.wrongCounts > 0 ||
          whole.messages.join('\n') === pieced.messages.join('\n'),
        'cut otherwise, other messages',
      );
      return whole.messages.length;
    }),
  },
  {
    name: 'syslog-message',
    seeds: syslogSeeds,
    dictionary: ['<191>', '1 ', '- ', '[', ']', '="', '\\]', 'Feb 29', '2026-02-30T', '[a@1 b="c"]'],
    errors: [],
    run(input) {
      const message = parseSyslog(input, new TimeReader(utc, anyTime).at(nowNs));
      must(message.facility >= 0 && message.facility < 24, `facility ${message.facility}`);
      syslogEntries.entry(message, { peer: '127.0.0.1', lostBytes: 0 }, nowNs);
      return `${message.timestampNs === undefined} ${message.data.length} ${message.app !== ''}`;
    },
  },
  {
    name: 'journal',
    // A line of a few bytes that is no JSON costs an error.
    costFactor: 120,
    seeds: [
      `${journalLine}\n${journalLine}\n`,
      '{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1","MESSAGE":[[104],null,"x"]}\n',
    ],
    dictionary: ['"MESSAGE":', '[', ']', 'null', '"__CURSOR":', '"__proto__":', '[1,2]', '{}', '-1', '\n'],
    errors: [],
    run(input) {
      let tooLong = 0;
      const splitter = new LineSplitter(600, () => {
        tooLong++;
        return new FieldShortener({ message: 100, others: 20 });
      });
      let entries = 0;
      for (const piece of inPieces(input))
        for (const line of splitter.push(piece.toString('latin1'))) {
          const fields = parseJournalFields(line);
          const read =
            fields && journalEntry(fields, { streams: journalStreams, repeat: entries, lineBytesMax: 200 });
          if (read) entries++;
        }
      return `${entries} ${tooLong > 0}`;
    },
  },
  {
    name: 'file-lines',
    costFactor: 1,
    seeds: [
      criLines,
      'level=info ts=2026-11-24T10:00:00Z a\n  at b\nc',
      '{"time":1795500000,"level":50}\nx',
      '\u001b[31m2026-11-24 10:00:00,123 x',
    ],
    dictionary: [
      '2026-11-24T15:04:05Z ',
      'stdout F ',
      'stderr P ',
      '{"time":"',
      'ts=',
      '\n',
      '1795500000',
      '24/Nov/2026:13:05:11 +0000',
    ],
    errors: [],
    run(input) {
      const text = input.toString();
      for (const encoding of ['utf8', 'latin1', 'utf16le', 'utf16be'] as const)
        decodeLine(input.toString('latin1'), encoding);
      return formats.map((format) => {
        const parsed = Object.values(parseLine(text, format, new TimeReader(utc, anyTime).at(nowNs))).map(
          (value) => typeof value,
        );
        return `${parsed.join()} ${fileEntries(format, text)}`;
      });
    },
  },
  {
    name: 'collector-stages',
    seeds: [
      '{"msg":"a","level":"warn","ts":"2026-11-24T10:00:00Z","__proto__":"x"}',
      'level=info drop=no k="v 12"',
    ],
    dictionary: ['"msg":', 'drop=yes', '"ts":', 'level=', '{', '}', '"a":{"b":1}'],
    errors: [],
    run(input) {
      const entry: CollectedEntry = {
        labels: labelsFromPairs([['job', 'x']]),
        timestampNs: nowNs,
        line: input.toString(),
        structuredMetadata: [],
      };
      return throughStages(stages, entry, nowNs)?.structuredMetadata.length;
    },
  },
  {
    name: 'time-format',
    seeds: [
      '2006-01-02 15:04:05.000 MST\n2026-11-24 10:00:00.123 UTC',
      'Jan _2 15:04:05\nNov  4 01:02:03',
      'UnixMs\n1795500000123',
      'RFC3339\n2026-11-24T10:00:00+02:00',
      'Mon, 02 Jan 06 03:04PM -0700\nTue, 24 Nov 26 03:04AM +0100',
    ],
    dictionary: ['2006', 'Jan', '01', '_2', '15', '03', 'PM', 'MST', '-07:00', '.999', 'Unix', '31', '60'],
    errors: [],
    run(input) {
      const { program, data } = halves(input);
      return compileTimeFormat(program, '')(data.toString(), nowNs) === undefined;
    },
  },
  {
    name: 'glob',
    seeds: ['/var/log/{a,b}/*.log\n/var/log/a/x.log', '/a/**/b?[a-z]/[!0-9]*\n/a/x/y/bcd/z', '**\na/b'],
    dictionary: ['**/', '*', '?', '[', ']', '!', '{', ',', '}', '/'],
    bytesMax: 300,
    errors: [],
    run(input) {
      const { program, data } = halves(input);
      const path = data.toString();
      const patterns = alternatives(program);
      if (patterns === undefined) return 'too many alternatives';
      const matching = patterns.filter((pattern) => matchesPath(path, pattern));
      // Letters, since numbers say nothing of the way an input ended.
      return `${'p'.repeat(Math.min(patterns.length, 20))} ${'m'.repeat(Math.min(matching.length, 20))}`;
    },
  },
  {
    name: 'checkpoints',
    seeds: [
      '{"cursor":"s=1","us":"1795500000000000","repeat":2}',
      '{"from":"1","stdout":["2",1],"stderr":["-1",0]}',
      '{"offset":12,"head":{"bytes":3,"hash":"ab"},"tail":{"bytes":3,"hash":"cd"},"streams":{},"spreadNs":"0","spreadCount":0}',
    ],
    dictionary: ['null', '{}', '[]', '"cursor":', '"offset":', '-1', '1e400', '"x"'],
    errors: [],
    run(input) {
      const state = input.toString();
      return [decodeJournalPosition, decodePosition, decodeFilePosition].map(
        (decode) => decode(state) === undefined,
      );
    },
  },
];
