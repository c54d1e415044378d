// Syslog as bytes: frames, messages, entries.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuessedStreams } from '../../src/collectors/guessed-streams.ts';
import { anyTime, TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { compileRelabel } from '../../src/collectors/relabel.ts';
import { acceptedByDefault, relabelDefaults } from '../../src/collectors/settings.ts';
import { SyslogEntries } from '../../src/collectors/syslog/entry.ts';
import { SyslogFramer } from '../../src/collectors/syslog/framing.ts';
import { parseSyslog, type SyslogMessage } from '../../src/collectors/syslog/message.ts';
import { timeZone } from '../../src/go/zone.ts';
import type { RepairKind } from '../../src/ingest/repair/repair-kind.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { within } from '../within.ts';

const nowNs = BigInt(Date.UTC(2026, 10, 24, 16, 0, 0)) * 1_000_000n;
const fuzzMs = 700;
const times = (zone: string): TimeReader => new TimeReader(timeZone(zone), anyTime).at(nowNs);

interface Framed {
  readonly texts: readonly string[];
  /** Bytes that were cut off. */
  readonly cut: number;
  readonly wrong: number;
}

function framed(chunks: readonly Buffer[], messageBytesMax = 1_000): Framed {
  const texts: string[] = [];
  let cut = 0;
  let wrong = 0;
  const framer = new SyslogFramer({
    messageBytesMax,
    onMessage: (bytes, lostBytes) => {
      texts.push(bytes.toString());
      cut += lostBytes;
    },
    onWrongCount: () => wrong++,
  });
  for (const chunk of chunks) framer.push(chunk);
  framer.end();
  return { texts, cut, wrong };
}

describe('frames', () => {
  it.each<[string, string, readonly string[], number]>([
    ['octet counting', '5 <1>ab7 <13>abc', ['<1>ab', '<13>abc'], 0],
    ['the count covers the newline', '6 <1>ab\n5 <1>cd', ['<1>ab', '<1>cd'], 0],
    ['newlines inside a counted message', '8 <1>a\nb\nc', ['<1>a\nb\nc'], 0],
    ['newlines', '<1>ab\n<2>cd\n', ['<1>ab', '<2>cd'], 0],
    ['NUL', '<1>ab\0<2>cd\0', ['<1>ab', '<2>cd'], 0],
    ['empty lines', '\n\n<1>ab\n\n', ['<1>ab'], 0],
    ['both on one connection', '5 <1>ab<2>cd\n5 <1>ef', ['<1>ab', '<2>cd', '<1>ef'], 0],
    ['a last one without newline', '<1>ab\n<2>c', ['<1>ab', '<2>c'], 0],
    ['a last counted one that is not whole', '50 <1>ab', ['<1>ab'], 0],
    ['text that begins with a number', '404 not found\n200\n', ['404 not found', '200'], 0],
    ['text that begins with digits and no space', '404: not found\n<1>a\n', ['404: not found', '<1>a'], 0],
    ['more digits than a count has', '1234567890 a\n<1>b\n', ['1234567890 a', '<1>b'], 0],
    [
      'too long a line is cut, and the next is whole',
      `<1>${'x'.repeat(40)}\n<2>b\n`,
      [`<1>${'x'.repeat(17)}`, '<2>b'],
      23,
    ],
    ['too long a counted message', `43 <1>${'x'.repeat(40)}5 <2>bc`, [`<1>${'x'.repeat(17)}`, '<2>bc'], 23],
  ])('%s', (_, text, texts, cut) => {
    const most = cut > 0 ? 20 : 1_000;
    expect(framed([Buffer.from(text)], most)).toEqual({ texts, cut, wrong: 0 });
    // Wherever it is cut.
    expect(
      framed(
        [...Buffer.from(text)].map((byte) => Buffer.of(byte)),
        most,
      ),
    ).toEqual({ texts, cut, wrong: 0 });
  });

  it('what was framed comes back, wherever the chunks are cut', () => {
    // No text ends in a digit and a space: before a message without a count that looks like the count it lacks, and who
    // mixes both kinds, as here, cannot be told from who counts wrongly.
    const message = fc
      .string({ minLength: 1, maxLength: 60 })
      .map((text) => `<13>${text.replace(/[\n\0]/g, '_').replace(/(?<=\d) $/, '_')}`);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(message, fc.boolean())),
        fc.infiniteStream(fc.nat(20)),
        within(fuzzMs, (messages, cuts) => {
          const bytes = Buffer.concat(
            messages.map(([text, counted]) =>
              Buffer.from(counted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`),
            ),
          );
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const end = at + 1 + (cuts.next().value as number);
            chunks.push(bytes.subarray(at, end));
            at = end;
          }
          expect(framed(chunks).texts).toEqual(messages.map(([text]) => text));
        }),
      ),
    );
  });
});

describe('wrong counts', () => {
  const text = (i: number, letter = 'e'): string =>
    `<30>1 - h octet - - - message ${i} ${letter} ${'x'.repeat(30)}`;
  const counted = (message: string, more = 0): string => `${Buffer.byteLength(message) + more} ${message}`;

  it.each<[string, string, readonly string[]]>([
    ['of characters', `${text(1, 'é').length} ${text(1, 'é')}${counted(text(2))}`, [text(1, 'é'), text(2)]],
    ['by one too few, then a newline', `${counted(text(1), -1)}\n${counted(text(2))}`, [text(1), text(2)]],
    ['far too few', `${counted(text(1), -25)}${counted(text(2))}`, [text(1), text(2)]],
    [
      'by one too many',
      `${counted(text(1), 1)}${counted(text(2))}${counted(text(3))}`,
      [text(1), text(2), text(3)],
    ],
    [
      'by the next count',
      `${counted(text(1), 3)}${counted(text(2))}${counted(text(3))}`,
      [text(1), text(2), text(3)],
    ],
    [
      'beyond the next message',
      `${counted(text(1), 90)}${counted(text(2))}${counted(text(3))}`,
      [text(1), text(2), text(3)],
    ],
    [
      'beyond all there is',
      `${counted(text(1), 900)}${counted(text(2))}${counted(text(3))}`,
      [text(1), text(2), text(3)],
    ],
    [
      'beyond all bounds',
      `${counted(text(1), 9e7)}${counted(text(2))}${counted(text(3))}`,
      [text(1), text(2), text(3)],
    ],
    ['words between', `${counted(text(1))}some words${counted(text(2))}`, [`${text(1)}some words`, text(2)]],
    ['in each', [1, 2, 3, 4].map((i) => counted(text(i), -1)).join(''), [1, 2, 3, 4].map((i) => text(i))],
  ])('%s', (_, bytes, texts) => {
    const { wrong, ...read } = framed([Buffer.from(bytes)]);
    expect(read).toEqual({ texts, cut: 0 });
    expect(wrong).toBeGreaterThan(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 40])(
    'too many by %d, and the chunk ends where the count does: the others are whole',
    (more) => {
      const wrong = counted(text(1), more);
      const bytes = Buffer.from(wrong + counted(text(2)) + counted(text(3)));
      const end = wrong.length + more;
      for (const chunks of [
        [bytes.subarray(0, end), bytes.subarray(end)],
        [bytes.subarray(0, end), bytes.subarray(end, end + 1), bytes.subarray(end + 1)],
        [bytes.subarray(0, end + 1), bytes.subarray(end + 1)],
      ])
        expect(framed(chunks).texts.slice(-2)).toEqual([text(2), text(3)]);
    },
  );

  it('one of 300 leaves the others whole, whatever it is and wherever the chunks are cut', () => {
    const texts = Array.from({ length: 300 }, (_, i) => text(i));
    fc.assert(
      fc.property(
        fc.nat(299),
        fc.integer({ min: -40, max: 2_000 }),
        fc.infiniteStream(fc.nat(700)),
        within(fuzzMs, (which, more, cuts) => {
          const bytes = Buffer.from(texts.map((one, i) => counted(one, i === which ? more : 0)).join(''));
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const end = at + 1 + (cuts.next().value as number);
            chunks.push(bytes.subarray(at, end));
            at = end;
          }
          const read = new Set(framed(chunks, 1_500).texts);
          const missing = texts.filter((one) => !read.has(one));
          expect(missing.length).toBeLessThanOrEqual(1);
        }),
      ),
    );
  });

  it('text that looks like counts, without end, takes time that grows with its length', () => {
    for (const piece of ['1 <1>', '9999 <1>', '999999999 <1>', '1 <', '1', '1 <1>\0', '<1>\0', '5 <1>x'])
      framed([Buffer.from(piece.repeat(200_000))], 64 * 1024);
    const slow = new SyslogFramer({
      messageBytesMax: 1_000_000,
      onMessage: () => {},
      onWrongCount: () => {},
    });
    slow.push(Buffer.from('900000 <1>'));
    for (let i = 0; i < 800_000; i++) slow.push(Buffer.from('x'));
    slow.end();
  });
});

describe('messages', () => {
  const nothing: SyslogMessage = {
    facility: 1,
    severity: 5,
    timestampNs: undefined,
    host: '',
    app: '',
    processId: '',
    messageId: '',
    data: [],
    text: '',
  };
  const at = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const noon = at(Date.UTC(2026, 10, 24, 12, 0, 5));

  it.each<[string, string, Partial<SyslogMessage>]>([
    [
      'RFC 5424, all of it',
      '<165>1 2026-11-24T12:00:05.003Z host.example app 8710 ID47 [ex@32473 iut="3" src="a\\"b\\]c\\\\d"][x y="z"] text',
      {
        facility: 20,
        severity: 5,
        timestampNs: noon + 3_000_000n,
        host: 'host.example',
        app: 'app',
        processId: '8710',
        messageId: 'ID47',
        data: [
          ['ex@32473.iut', '3'],
          ['ex@32473.src', 'a"b]c\\d'],
          ['x.y', 'z'],
        ],
        text: 'text',
      },
    ],
    ['RFC 5424, nothing of it', '<0>1 - - - - - -', { facility: 0, severity: 0 }],
    [
      'RFC 5424 with offset',
      '<14>1 2026-11-24T14:00:05+02:00 h a - - - m',
      { severity: 6, timestampNs: noon, host: 'h', app: 'a', text: 'm' },
    ],
    [
      'RFC 5424, byte order mark',
      '<14>1 - h a - - - \ufeffé',
      { severity: 6, host: 'h', app: 'a', text: 'é' },
    ],
    [
      'rsyslog keeps a space before the text',
      '<139>1 - vm demo - - -  text',
      { facility: 17, severity: 3, host: 'vm', app: 'demo', text: ' text' },
    ],
    [
      'an element without parameters',
      '<14>1 - h a - - [x@1] m',
      { severity: 6, host: 'h', app: 'a', text: 'm' },
    ],
    [
      'RFC 3164',
      '<34>Nov 24 12:00:05 mymachine su[230]: failed for lonvick',
      {
        facility: 4,
        severity: 2,
        timestampNs: noon,
        host: 'mymachine',
        app: 'su',
        processId: '230',
        text: 'failed for lonvick',
      },
    ],
    [
      'RFC 3164, one digit of the day',
      '<13>Nov  4 12:00:05 m cron: x',
      { timestampNs: at(Date.UTC(2026, 10, 4, 12, 0, 5)), host: 'm', app: 'cron', text: 'x' },
    ],
    ['RFC 3164 without host', '<13>Nov 24 12:00:05 su: x', { timestampNs: noon, app: 'su', text: 'x' }],
    [
      'RFC 3164 with ISO time',
      '<13>2026-11-24T12:00:05Z m su: x',
      { timestampNs: noon, host: 'm', app: 'su', text: 'x' },
    ],
    [
      'RFC 3164, December seen from January is of last year',
      '<13>Dec 31 12:00:05 m su: x',
      { timestampNs: at(Date.UTC(2025, 11, 31, 12, 0, 5)), host: 'm', app: 'su', text: 'x' },
    ],
    ['no time', '<11>su[1]: x', { severity: 3, app: 'su', processId: '1', text: 'x' }],
    ['no priority', 'hello world', { text: 'hello world' }],
    ['priority out of range is text', '<192>x', { text: '<192>x' }],
    [
      '5424 with broken structured data: a text in brackets',
      '<13>1 - h a - - [x y="z] m',
      { host: 'h', app: 'a', text: '[x y="z] m' },
    ],
    [
      '5424 with a field missing',
      '<13>1 2026-11-24T12:00:05Z h a -  m',
      { timestampNs: noon, host: 'h', app: 'a', text: 'm' },
    ],
    ['5424 with half a time', '<13>1 2026-11-24 h a - - - m', { host: 'h', app: 'a', text: 'm' }],
    [
      '5424 with too long a name is text of the old kind',
      `<13>1 - ${'h'.repeat(256)} a - - - m`,
      { text: `1 - ${'h'.repeat(256)} a - - - m` },
    ],
    [
      'JSON after the old header',
      '<13>Nov 24 12:00:05 m app: {"a":"b: c"}',
      { timestampNs: noon, host: 'm', app: 'app', text: '{"a":"b: c"}' },
    ],
  ])('%s', (_, text, expected) => {
    expect(parseSyslog(Buffer.from(text), times(''))).toEqual({ ...nothing, ...expected });
  });

  it('a time without zone is of the zone configured', () => {
    const text = Buffer.from('<13>Nov 24 13:00:05 m su: x');
    expect(parseSyslog(text, times('Europe/Berlin')).timestampNs).toBe(noon);
  });

  it('takes any bytes, and loses no text that is no header', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('', '<13>', '<13>1 - h a - - ', '<13>Nov 24 12:00:05 '),
        within(fuzzMs, (bytes, head) => {
          const { facility, text } = parseSyslog(Buffer.concat([Buffer.from(head), bytes]), times(''));
          expect(facility).toBeLessThan(24);
          expect(typeof text).toBe('string');
        }),
      ),
    );
  });
});

describe('entries', () => {
  const entries = (changes: Partial<ConstructorParameters<typeof SyslogEntries>[0]> = {}) =>
    new SyslogEntries({
      labels: [['job', 'syslog']],
      relabel: compileRelabel([]),
      relabelled: false,
      timestamp: 'message',
      guessed: new GuessedStreams({ perPeerMax: 500, totalMax: 2_000 }),
      accepted: acceptedByDefault,
      onRepaired: () => {},
      ...changes,
    });
  const message = parseSyslog(
    Buffer.from('<35>1 2026-11-24T12:00:05Z h app 7 ID [ex@1 k="v"] text'),
    times(''),
  );

  it('host, job and app are labels, the rest is structured metadata, the severity a level', () => {
    const entry = entries().entry(message, { peer: '10.0.0.1', lostBytes: 0 }, nowNs);
    expect(labelsToRecord(entry?.labels ?? [])).toEqual({ job: 'syslog', host: 'h', app: 'app' });
    expect(labelsToRecord(entry?.structuredMetadata ?? [])).toEqual({
      detected_level: 'error',
      severity: 'err',
      facility: 'auth',
      process_id: '7',
      message_id: 'ID',
      peer: '10.0.0.1',
      ex_1_k: 'v',
    });
    expect(entry?.timestampNs).toBe(message.timestampNs);
  });

  it('the sender is the host of a message that names none, and the moment of arrival its time', () => {
    const plain = parseSyslog(Buffer.from('hello'), times(''));
    const entry = entries().entry(plain, { peer: '10.0.0.1', lostBytes: 0 }, nowNs);
    expect(labelsToRecord(entry?.labels ?? [])).toEqual({ job: 'syslog', host: '10.0.0.1' });
    expect(entry?.timestampNs).toBe(nowNs);
  });

  it('a sender with too many names has further ones in structured metadata, and takes nobody the room', () => {
    const repaired: RepairKind[] = [];
    const made = entries({
      guessed: new GuessedStreams({ perPeerMax: 2, totalMax: 10 }),
      onRepaired: (kind) => repaired.push(kind),
    });
    const sent = (app: string, peer: string) =>
      made.entry({ ...message, app, data: [] }, { peer, lostBytes: 0 }, nowNs) ?? expect.unreachable();
    const labels = ['a1', 'a2', 'a3', 'a4', 'a1'].map((app) => labelsToRecord(sent(app, '10.0.0.1').labels));
    const nameless = { job: 'syslog', host: '10.0.0.1' };
    const named = (app: string) => ({ job: 'syslog', host: 'h', app });
    expect(labels).toEqual([named('a1'), named('a2'), nameless, nameless, named('a1')]);
    const { structuredMetadata } = sent('a3', '10.0.0.1');
    expect(labelsToRecord(structuredMetadata)).toMatchObject({ hostname: 'h', app: 'a3', process_id: '7' });
    expect(repaired).toEqual(['guessed_labels', 'guessed_labels', 'guessed_labels']);
    expect(labelsToRecord(sent('a9', '10.0.0.2').labels)).toEqual(named('a9'));
  });

  it.each([
    ['1970-01-01T00:00:12Z', 'greater_than_max_sample_age', '1970-01-01T00:00:12Z'],
    ['2000-01-01T00:00:00.5Z', 'greater_than_max_sample_age', '2000-01-01T00:00:00.5Z'],
    ['2027-06-01T10:00:00Z', 'too_far_in_future', '2027-06-01T10:00:00Z'],
  ])(
    'a sender whose clock says %s: the moment of receipt, and its time in metadata',
    (sent, kind, original) => {
      const repaired: RepairKind[] = [];
      const made = entries({ onRepaired: (one) => repaired.push(one) });
      const of = (text: string) => parseSyslog(Buffer.from(text), times(''));
      const entry = made.entry(
        of(`<13>1 ${sent} h app - - - text`),
        { peer: '10.0.0.1', lostBytes: 0 },
        nowNs,
      );
      expect(entry?.timestampNs).toBe(nowNs);
      expect(labelsToRecord(entry?.structuredMetadata ?? [])).toMatchObject({ original_timestamp: original });
      expect(repaired).toEqual([kind]);
    },
  );

  it('equal messages of one second stay apart', () => {
    const made = entries();
    const times = [1, 2, 3].map(() => made.entry(message, { peer: '', lostBytes: 0 }, nowNs)?.timestampNs);
    expect(new Set(times).size).toBe(3);
  });

  it('rules that make one stream of two apps keep their equal messages apart', () => {
    const drop = { ...relabelDefaults, action: 'labeldrop' as const, regex: 'app' };
    const made = entries({ relabel: compileRelabel([drop]), relabelled: true });
    const times = ['a', 'b', 'a'].map(
      (app) => made.entry({ ...message, app }, { peer: '', lostBytes: 0 }, nowNs)?.timestampNs,
    );
    expect(new Set(times).size).toBe(3);
  });

  it('what one message says is not said of another', () => {
    const made = entries();
    const said = [
      { processId: '1' },
      { processId: '2' },
      { severity: 6 },
      { facility: 3 },
      { messageId: 'x' },
    ].map((changes) => ({ ...message, data: [], ...changes }));
    const metadata = [...said, ...said].map((one) =>
      labelsToRecord(made.entry(one, { peer: '', lostBytes: 0 }, nowNs)?.structuredMetadata ?? []),
    );
    for (const [i, { processId, messageId }] of [...said, ...said].entries())
      expect(metadata[i]).toMatchObject({ process_id: processId, message_id: messageId });
    expect(metadata.slice(5)).toEqual(metadata.slice(0, 5));
    expect(new Set(metadata.map((one) => JSON.stringify(one))).size).toBe(5);
  });

  it('rules see facility and severity', () => {
    const drop = {
      ...relabelDefaults,
      action: 'drop' as const,
      sourceLabels: ['__syslog_severity'],
      regex: 'err',
    };
    const made = entries({ relabel: compileRelabel([drop]), relabelled: true });
    expect(made.entry(message, { peer: '', lostBytes: 0 }, nowNs)).toBeUndefined();
    expect(made.entry({ ...message, severity: 6 }, { peer: '', lostBytes: 0 }, nowNs)).toBeDefined();
  });
});
