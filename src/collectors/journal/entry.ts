// An entry of `journalctl -o json` → line, labels, structured metadata.

import { LRUCache } from 'lru-cache';
import {
  journalLabels,
  journalMetadataName,
  metadataValueCharsMax,
  senderFieldsMax,
} from '../../formats/journal-fields.ts';
import { levelOfPriority, priorityKeywords } from '../../formats/logger-levels.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import { type LabelPair, type Labels, labelsFromPairs, labelsKey } from '../../model/labels.ts';
import { cutText, truncatedBytesName } from '../parse/cut-line.ts';
import { lostField } from './field-shortener.ts';

/** A field as journalctl writes it: text, bytes, null (too long without -a), or several of these. */
type Field = string | null | readonly (number | string | null | readonly number[])[];
export type JournalFields = Readonly<Record<string, Field>>;

export interface JournalEntry {
  readonly cursor: string;
  readonly realtimeUs: bigint;
  readonly entry: CollectedEntry;
  /** The message was too long, and is cut. */
  readonly isCut: boolean;
  /** Other fields were too long or too many, and are cut or left out. */
  readonly isShortened: boolean;
}

/** The fields of a line of `journalctl -o json`; undefined when it is none. */
export function parseJournalFields(line: string): JournalFields | undefined {
  // An error costs a hundred times what a look at the line does.
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.values(value).every(isField) ? (value as JournalFields) : undefined;
}

const isField = (value: unknown): boolean =>
  value === null || typeof value === 'string' || (Array.isArray(value) && value.every(isFieldValue));

const isFieldValue = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'number' || Array.isArray(value);

/** Bytes as text; bytes that are not UTF-8 become U+FFFD. */
const bytesText = (bytes: readonly number[]): string => Buffer.from(bytes).toString();

const areBytes = (field: readonly unknown[]): field is readonly number[] =>
  field.length > 0 && field.every((value) => typeof value === 'number');

/** All values of a field as text; null counts as absent. */
export function fieldTexts(field: Field | undefined): string[] {
  if (field === undefined || field === null) return [];
  if (typeof field === 'string') return [field];
  if (areBytes(field)) return [bytesText(field)];
  return field.flatMap((value) => {
    if (value === null) return [];
    return [typeof value === 'object' ? bytesText(value) : String(value)];
  });
}

const streamsMax = 2_000;

/** Labels of streams: host, job, unit, transport and service_name (the unit without ".service", else the identifier). */
export class JournalStreams {
  readonly #host: string;
  readonly #labels: readonly LabelPair[];
  readonly #made = new LRUCache<string, Labels>({ max: streamsMax });

  /** `host`: of entries that name none. `labels`: of every stream. */
  constructor(host: string, labels: readonly LabelPair[]) {
    this.#host = host;
    this.#labels = labels;
  }

  /** The same object for the same stream. */
  of(one: (name: string) => string): Labels {
    const pairs = journalLabels(one, this.#host);
    const key = labelsKey(pairs);
    let labels = this.#made.get(key);
    if (!labels) {
      labels = labelsFromPairs([...pairs, ...this.#labels]);
      this.#made.set(key, labels);
    }
    return labels;
  }
}

/**
 * Everything else that was logged with the entry is structured metadata, under its lower-cased name: first what journald
 * knows of the sender, then what the sender wrote, under another name where the two would have the same.
 * @param repeat entries before this one with the same microsecond: keeps equal messages apart and in order
 * @returns undefined when the object is no journal entry
 */
export function journalEntry(
  fields: JournalFields,
  options: { readonly streams: JournalStreams; readonly repeat: number; readonly lineBytesMax: number },
): JournalEntry | undefined {
  const one = (name: string): string => {
    const field = fields[name];
    return typeof field === 'string' ? field : (fieldTexts(field)[0] ?? '');
  };
  const cursor = one('__CURSOR');
  const realtime = one('__REALTIME_TIMESTAMP');
  if (cursor === '' || !/^\d{1,17}$/.test(realtime)) return undefined;
  const realtimeUs = BigInt(realtime);
  const { text, truncatedBytes } = cutText(whole(fields.MESSAGE), options.lineBytesMax);
  const lostBytes = truncatedBytes + Number(one(lostField));
  const { pairs, isShortened } = metadata(fields, one);
  if (lostBytes > 0) pairs.push([truncatedBytesName, String(lostBytes)]);
  const entry = {
    labels: options.streams.of(one),
    timestampNs: realtimeUs * 1_000n + BigInt(Math.min(options.repeat, 999)),
    line: text,
    structuredMetadata: labelsFromPairs(pairs),
  };
  return { cursor, realtimeUs, entry, isCut: lostBytes > 0, isShortened };
}

const whole = (field: Field | undefined): string =>
  typeof field === 'string' ? field : fieldTexts(field).join('\n');

function metadata(
  fields: JournalFields,
  one: (name: string) => string,
): { readonly pairs: LabelPair[]; readonly isShortened: boolean } {
  const pairs: LabelPair[] = [['syslog_identifier', shortened(one('SYSLOG_IDENTIFIER'))]];
  const priority = one('PRIORITY');
  const level = levelOfPriority(priority);
  if (level !== undefined) {
    pairs.push(['detected_level', level], ['priority', priorityKeywords[Number(priority)] ?? '']);
  }
  const names = Object.keys(fields).filter((field) => journalMetadataName(field) !== '');
  const senders = names.filter((field) => !field.startsWith('_'));
  const kept = [...names.filter((field) => field.startsWith('_')), ...senders.slice(0, senderFieldsMax)];
  let isShortened = senders.length > senderFieldsMax;
  for (const field of kept) {
    const value = whole(fields[field]);
    isShortened ||= value.length > metadataValueCharsMax;
    pairs.push([journalMetadataName(field), shortened(value)]);
  }
  if (senders.length > senderFieldsMax)
    pairs.push(['omitted_fields', String(senders.length - senderFieldsMax)]);
  return { pairs, isShortened };
}

const shortened = (value: string): string => value.slice(0, metadataValueCharsMax);
