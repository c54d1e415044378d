// Entries of the journal: whose field is whose, and what is too much of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type JournalFields,
  JournalStreams,
  journalEntry,
  parseJournalFields,
} from '../../src/collectors/journal/entry.ts';
import { FieldShortener, lostField } from '../../src/collectors/journal/field-shortener.ts';
import { labelsToRecord } from '../../src/model/labels.ts';

const streams = new JournalStreams('h', []);
const read = (fields: JournalFields, lineBytesMax = 1_000) => {
  const entry = journalEntry(
    { __CURSOR: 'c', __REALTIME_TIMESTAMP: '1', ...fields },
    { streams, repeat: 0, lineBytesMax },
  );
  if (!entry) throw new Error('no entry');
  return { ...entry, metadata: labelsToRecord(entry.entry.structuredMetadata) };
};

describe('fields of the sender', () => {
  it('do not take the names of those that journald vouches for', () => {
    const { metadata } = read({
      MESSAGE: 'Accepted password for root',
      UID: '0',
      PID: '1',
      EXE: '/usr/sbin/sshd',
      COMM: 'sshd',
      CMDLINE: 'sshd: root',
      NAMESPACE: 'prod',
      SYSTEMD_UNIT: 'ssh.service',
      DETECTED_LEVEL: 'info',
      REQUEST_ID: '7',
      PRIORITY: '3',
      _UID: '65534',
      _PID: '4242',
      _EXE: '/usr/bin/python3',
      _COMM: 'python3',
    });
    expect(metadata).toEqual({
      uid: '65534',
      pid: '4242',
      exe: '/usr/bin/python3',
      comm: 'python3',
      detected_level: 'error',
      priority: 'err',
      request_id: '7',
      sender_uid: '0',
      sender_pid: '1',
      sender_exe: '/usr/sbin/sshd',
      sender_comm: 'sshd',
      sender_cmdline: 'sshd: root',
      sender_namespace: 'prod',
      sender_systemd_unit: 'ssh.service',
      sender_detected_level: 'info',
    });
  });

  it('however many, push out none of them, and those left out are counted', () => {
    const own = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`A${i}`, String(i)]));
    const { metadata, isShortened } = read({ ...own, _UID: '65534', _COMM: 'x' });
    expect(metadata).toMatchObject({ uid: '65534', comm: 'x', a0: '0', a63: '63', omitted_fields: '236' });
    expect(metadata).not.toHaveProperty('a64');
    expect(isShortened).toBe(true);
  });
});

it('a message that is too long is cut and says by how much', () => {
  const { entry, metadata, isCut } = read({ MESSAGE: `${'é'.repeat(600)}` });
  expect(entry.line).toBe('é'.repeat(500));
  expect(metadata).toEqual({ truncated_bytes: '200' });
  expect(isCut).toBe(true);
});

describe('objects that are too long to be held', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '\u0001', '😀'), maxLength: 30 });
  const bytes = fc.array(fc.nat({ max: 255 }), { maxLength: 30 });
  const value = fc.oneof(text, fc.constant(null), bytes, fc.array(fc.oneof(text, bytes), { maxLength: 5 }));
  const object = fc.dictionary(fc.constantFrom('MESSAGE', '_UID', 'A', 'B', 'C'), value);

  const shorten = (json: string, places: readonly number[], message: number, others: number): string => {
    const shortener = new FieldShortener({ message, others });
    const at = [0, ...places.map((place) => place % (json.length + 1)), json.length].sort((a, b) => a - b);
    for (const [i, end] of at.slice(1).entries()) shortener.push(json.slice(at[i], end));
    return shortener.end();
  };

  it('come out as they are where nothing is too long, however they are cut', () => {
    fc.assert(
      fc.property(object, fc.array(fc.nat()), (fields, places) => {
        const json = JSON.stringify(fields);
        expect(shorten(json, places, 1_000, 1_000)).toBe(json);
      }),
    );
  });

  it('keep every field, with the beginning of its value, and tell what the message lacks', () => {
    fc.assert(
      fc.property(object, fc.array(fc.nat()), (fields, places) => {
        const json = shorten(JSON.stringify(fields), places, 10, 5);
        const { [lostField]: lost, ...kept } = parseJournalFields(json) as Record<string, unknown>;
        expect(Object.keys(kept)).toEqual(Object.keys(fields));
        for (const [name, of] of Object.entries(fields)) {
          const shorter = kept[name];
          if (typeof of === 'string') expect(of.startsWith(shorter as string)).toBe(true);
          else if (Array.isArray(of)) expect((shorter as unknown[]).length).toBeLessThanOrEqual(of.length);
          else expect(shorter).toBeNull();
        }
        if (lost !== undefined) expect(JSON.stringify(fields.MESSAGE).length).toBeGreaterThan(10);
      }),
    );
  });

  it('a message of 20 MB costs no more than its beginning', () => {
    const shortener = new FieldShortener({ message: 1_000, others: 100 });
    shortener.push('{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1","MESSAGE":"');
    for (let i = 0; i < 2_000; i++) shortener.push('x'.repeat(10_000));
    shortener.push('","_UID":"7"}');
    const fields = parseJournalFields(shortener.end());
    const { entry, metadata } = read(fields ?? {}, 500);
    expect(entry.line).toBe('x'.repeat(500));
    expect(metadata).toEqual({ uid: '7', truncated_bytes: String(20_000_000 - 500) });
  });
});
