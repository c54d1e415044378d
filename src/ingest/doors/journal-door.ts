// What systemd-journal-upload sends: whole entries in the journal's export format.
import { CorruptExportError, JournalExportReader } from '../../formats/journal-export.ts';
import {
  journalLabels,
  journalMetadataName,
  metadataValueCharsMax,
  senderFieldsMax,
} from '../../formats/journal-fields.ts';
import { levelOfPriority, priorityKeywords } from '../../formats/logger-levels.ts';
import { levelCode, levelNone } from '../../model/entry.ts';
import type { LabelPair } from '../../model/labels.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import { RecordFaults } from '../records/faults.ts';
import { streamOf } from '../records/stream-target.ts';
import type { PushDoor } from './door.ts';
import { refuseInText } from './text-answer.ts';

/** Fields of one entry; journald takes no more. */
const fieldsMax = 1024;
const job: LabelPair = ['job', 'systemd-journal'];

export const journalDoor: PushDoor = {
  metricFormat: 'journald',
  kindOf: () => ({ encoding: 'none', type: 'json' }),
  decode({ body, columns, context, refusals }) {
    columns.reset(body, context.limits);
    const reader = new JournalExportReader(body);
    const writer = new JournalWriter(reader, columns, context);
    const faults = new RecordFaults(refusals);
    for (let number = 1, start = 0; start < body.length; number++, start = reader.position) {
      if (!readEntry(reader, writer)) continue;
      const isAdded = faults.attempt(
        `entry ${number}`,
        () => reader.position - start,
        () => writer.add(),
      );
      if (!isAdded) columns.skipItem();
    }
  },
  takesNothing: true,
  // The uploader ends at any other answer, and would come again with the same entries: what is refused for good is
  // counted, and it goes on.
  answer(request, { refused, refusedText, delayedText }) {
    if (delayedText !== '') return refuseInText(request, new PushError(429, delayedText));
    return { status: 202, message: refused === 0 ? '' : refusedText };
  },
  refuse: refuseInText,
};

/** Notes the fields up to the end of the entry. False: there were none. Throws PushError 400 for what is no export. */
function readEntry(reader: JournalExportReader, writer: JournalWriter): boolean {
  writer.begin();
  let fields = 0;
  try {
    for (;;) {
      const step = reader.next();
      if (step === 'entry') return fields > 0;
      if (step === 'more') throw new CorruptExportError('an entry that does not end');
      if (++fields <= fieldsMax) writer.field();
    }
  } catch (error) {
    if (error instanceof CorruptExportError) throw badRequest(`no journal export: ${error.message}`);
    throw error;
  }
}

interface Range {
  start: number;
  end: number;
}

class JournalWriter {
  readonly #reader: JournalExportReader;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  /** Of the entry: fields by name, the first of those that repeat, in the order in which they came. */
  readonly #fields = new Map<string, Range>();
  /** Entries of one microsecond keep their order, and equal ones stay several. */
  #lastTime = '';
  #repeat = 0;

  constructor(reader: JournalExportReader, columns: PushColumns, context: DecodeContext) {
    this.#reader = reader;
    this.#columns = columns;
    this.#context = context;
  }

  begin(): void {
    this.#fields.clear();
  }

  field(): void {
    const { bytes, nameStart, nameEnd, valueStart: start, valueEnd: end } = this.#reader;
    const name = bytes.toString('latin1', nameStart, nameEnd);
    if (!this.#fields.has(name)) this.#fields.set(name, { start, end });
  }

  /** Adds the entry of the fields. Throws PushError 400 for one without a time. */
  add(): void {
    const columns = this.#columns;
    const { limits } = this.#context;
    const time = this.#one('__REALTIME_TIMESTAMP');
    if (!/^\d{1,16}$/.test(time)) throw badRequest(`__REALTIME_TIMESTAMP is no time: '${time.slice(0, 40)}'`);
    this.#repeat = time === this.#lastTime ? Math.min(this.#repeat + 1, 999) : 0;
    this.#lastTime = time;
    const labels = [...journalLabels(this.#one, '').filter(([, value]) => value !== ''), job];
    const target = columns.addStream(streamOf(columns, this.#context, labels));
    const { start, end } = this.#fields.get('MESSAGE') ?? { start: 0, end: 0 };
    const microseconds = Number(time);
    const nanos = (microseconds % 1e6) * 1000 + this.#repeat;
    columns.entryMetadata.begin();
    const level = this.#metadata();
    columns.add(target, Math.floor(microseconds / 1e6), nanos, start, end, limits.discoverLogLevels, level);
  }

  readonly #one = (name: string): string => {
    const range = this.#fields.get(name);
    return range === undefined
      ? ''
      : this.#reader.bytes.toString(
          'utf8',
          range.start,
          Math.min(range.end, range.start + metadataValueCharsMax),
        );
  };

  /** The level that the priority is. */
  #metadata(): number {
    const { bytes } = this.#reader;
    const { entryMetadata } = this.#columns;
    const identifier = this.#one('SYSLOG_IDENTIFIER');
    if (identifier !== '') entryMetadata.add('syslog_identifier', identifier);
    const priority = this.#one('PRIORITY');
    const level = levelOfPriority(priority);
    if (level !== undefined) entryMetadata.add('priority', priorityKeywords[Number(priority)] ?? '');
    let senders = 0;
    for (const [field, { start, end }] of this.#fields) {
      const name = journalMetadataName(field);
      if (name === '') continue;
      if (!field.startsWith('_') && ++senders > senderFieldsMax) continue;
      entryMetadata.pairNamed(name, bytes, start, wholeCharacters(bytes, start, end));
    }
    if (senders > senderFieldsMax) entryMetadata.add('omitted_fields', String(senders - senderFieldsMax));
    return level === undefined ? levelNone : levelCode(level);
  }
}

/** Where the beginning of a value ends that is kept: not inside a character. */
function wholeCharacters(bytes: Buffer, start: number, end: number): number {
  let at = start + metadataValueCharsMax;
  if (at >= end) return end;
  while (at > start && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  return at;
}
