// The journal's export format: what its entries become, and how it is cut on its way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptExportError, JournalExportReader } from '../../../src/formats/journal-export.ts';
import { ExportPieces } from '../../../src/http/doors/export-pieces.ts';
import { labelsToRecord } from '../../../src/model/labels.ts';
import { type Harness, harness, testNowMs } from '../push-harness.ts';

const us = BigInt(testNowMs - 60_000) * 1000n;

/** A field as journald writes it: as bytes where the value has a newline. */
function field(name: string, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  if (!bytes.includes(0x0a) && typeof value === 'string') return Buffer.from(`${name}=${value}\n`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

type Fields = Readonly<Record<string, string | Uint8Array>>;
const entry = (fields: Fields): Buffer =>
  Buffer.concat([...Object.entries(fields).map(([name, value]) => field(name, value)), Buffer.from('\n')]);
const timed = (fields: Fields): Fields => ({ __REALTIME_TIMESTAMP: String(us), ...fields });

function sent(bytes: Uint8Array, gateway: Harness = harness()) {
  const response = gateway.push({ format: 'journal', bytes });
  const stored = gateway.stored.map(({ labels, ...others }) => ({
    ...others,
    labels: labelsToRecord(labels),
  }));
  return { response, stored };
}

describe('an entry', () => {
  it("has its message as line, its unit's labels, and the rest as metadata", () => {
    const { response, stored } = sent(
      entry(
        timed({
          __CURSOR: 's=1;i=2',
          PRIORITY: '3',
          _HOSTNAME: 'box',
          _SYSTEMD_UNIT: 'ssh.service',
          _TRANSPORT: 'syslog',
          SYSLOG_IDENTIFIER: 'sshd',
          _PID: '12',
          PID: '99',
          REQUEST_ID: '7',
          MESSAGE: 'Accepted = yes',
        }),
      ),
    );
    expect(response).toEqual({ status: 202, message: '' });
    expect(stored).toEqual([
      {
        labels: {
          host: 'box',
          job: 'systemd-journal',
          service_name: 'ssh',
          transport: 'syslog',
          unit: 'ssh.service',
        },
        line: 'Accepted = yes',
        timestampNs: us * 1000n,
        metadata: {
          detected_level: 'error',
          pid: '12',
          priority: 'err',
          request_id: '7',
          sender_pid: '99',
          syslog_identifier: 'sshd',
        },
      },
    ]);
  });

  it.each<[name: string, fields: Fields, line: string]>([
    ['a message of several lines', { MESSAGE: 'a\nb=\n\nc' }, 'a\nb=\n\nc'],
    ['no message', { _COMM: 'x' }, ''],
    [
      'a message of bytes that end its entry, would they be text',
      { MESSAGE: Buffer.from('\n\nX=1\n\n') },
      '\n\nX=1\n\n',
    ],
  ])('may have %s', (_name, fields, line) => {
    expect(sent(entry(timed(fields))).stored.map((one) => one.line)).toEqual([line]);
  });

  it('keeps its order among those of one microsecond', () => {
    const same = Array.from({ length: 3 }, () => entry(timed({ MESSAGE: 'same' })));
    const times = sent(Buffer.concat(same)).stored.map(({ timestampNs }) => timestampNs - us * 1000n);
    expect(times).toEqual([0n, 1n, 2n]);
  });

  it('has at most 64 fields of its sender, and the beginnings of long ones', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`F${i}`, 'x']));
    const { stored } = sent(entry(timed({ MESSAGE: 'm', _LONG: 'é'.repeat(3000), ...many })));
    expect(stored[0]?.metadata).toMatchObject({ omitted_fields: '6', long: 'é'.repeat(1024) });
  });

  it('without a time is refused, the others are stored; nothing is asked for again', () => {
    const bytes = Buffer.concat([entry({ MESSAGE: 'x' }), entry(timed({ MESSAGE: 'y' }))]);
    const { response, stored } = sent(bytes);
    expect(response.status).toBe(202);
    expect(response.message).toContain('entry 1: __REALTIME_TIMESTAMP is no time');
    expect(stored.map(({ line }) => line)).toEqual(['y']);
  });
});

it.each([
  ['an entry that does not end', 'A=b\n'],
  ['a name that is empty', '=b\n\n'],
  ['a name that is too long', `${'N'.repeat(300)}=1\n\n`],
  [
    'a length that is impossible',
    Buffer.concat([Buffer.from('A\n'), Buffer.alloc(8, 0xff), Buffer.from('x\n\n')]),
  ],
  [
    'a value that does not end where it says',
    Buffer.concat([Buffer.from('A\n\x01'), Buffer.alloc(7), Buffer.from('xy\n\n')]),
  ],
])('%s is 400', (_name, bytes) => {
  const { response, stored } = sent(Buffer.from(bytes));
  expect(response.status).toBe(400);
  expect(response.message).toContain('no journal export: ');
  expect(stored).toEqual([]);
});

const fieldsArbitrary = fc.dictionary(
  fc.stringMatching(/^[A-Z_]{1,9}$/),
  fc.oneof(fc.stringMatching(/^[ -~]{0,20}$/), fc.uint8Array({ maxLength: 30 })),
  { minKeys: 1, maxKeys: 5 },
);

it('is cut after whole entries wherever the pieces of its way end', () => {
  fc.assert(
    fc.property(
      fc.array(fieldsArbitrary, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }),
      fc.boolean(),
      (entries, sizes, isTakenOften) => {
        const bytes = Buffer.concat(entries.map(entry));
        const pieces = new ExportPieces(10_000);
        const taken: Buffer[] = [];
        for (let at = 0, next = 0; at < bytes.length; next++) {
          const size = sizes[next % sizes.length] as number;
          pieces.add(bytes.subarray(at, at + size));
          at += size;
          if (isTakenOften && pieces.wholeBytes > 0) taken.push(Buffer.from(pieces.take()));
        }
        expect(pieces.restBytes).toBe(0);
        taken.push(Buffer.from(pieces.take()));
        expect(Buffer.concat(taken)).toEqual(bytes);
        for (const piece of taken) expect(countOf(piece)).toBeGreaterThanOrEqual(0);
        expect(taken.reduce((sum, piece) => sum + countOf(piece), 0)).toBe(entries.length);
      },
    ),
  );
});

/** Entries of a piece; -1 when it does not end with one. */
function countOf(bytes: Buffer): number {
  const reader = new JournalExportReader(bytes);
  let count = 0;
  for (let last = 'entry'; ; ) {
    const step = reader.next();
    if (step === 'more') return last === 'entry' ? count : -1;
    if (step === 'entry') count++;
    last = step;
  }
}

it('an entry longer than a push is refused while it comes', () => {
  const pieces = new ExportPieces(1000);
  pieces.add(Buffer.from(`A=${'x'.repeat(900)}`));
  expect(() => pieces.add(Buffer.from('x'.repeat(200)))).toThrow(CorruptExportError);
});
