// What Datadog's agent and libraries send to /api/v2/logs: a JSON array of records, or one of them.
import type { LabelPair } from '../../model/labels.ts';
import type { PushRequest } from '../client/ingest-service.ts';
import { anyEncoding } from '../decode/decode-body.ts';
import { badRequest } from '../limits/push-error.ts';
import { type RecordBody, recordBody } from '../records/record-lines.ts';
import type { RecordRoles, SharedFields } from '../records/record-plan.ts';
import type { PushDoor } from './door.ts';
import { jsonAnswers } from './json-answer.ts';

const labelOf: Readonly<Record<string, string>> = {
  ddsource: 'source',
  hostname: 'host',
  service: 'service',
};

const roles: RecordRoles = {
  labels: Object.entries(labelOf),
  lines: ['message', 'msg', 'log'],
  times: ['timestamp', 'date', '@timestamp'],
  ignored: new Set(['ddtags']),
  rename: (field) => (field === 'status' ? 'level' : field),
};

/** Of all tags one is a label: `env` parts what must not be mixed, the others are as many as one likes. */
const labelTag = 'env';
/** Tags of one record; further ones are left out. */
const tagsMax = 100;
/** Texts of tags that are read once. */
const tagsKeptMax = 1024;
const tagsKeptLengthMax = 4096;

export const datadogDoor: PushDoor = {
  metricFormat: 'datadog',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'json' }),
  decode(push) {
    const body = recordBody(push, new Set(['message']));
    const { json, faults } = body;
    const first = json.peek();
    const records = new DatadogRecords(body, push.request.options);
    if (first === 0x7b) {
      records.add();
      return;
    }
    if (first !== 0x5b) throw badRequest(`the body must be an array of records, got ${json.describe()}`);
    let number = 0;
    for (let more = json.enterArray(); more; more = json.nextValue()) {
      json.peek();
      const start = json.position;
      body.record.end = start;
      const isAdded = faults.attempt(`record ${++number}`, () => records.after(start) - start, records.add);
      if (!isAdded) json.seek(records.after(start));
    }
  },
  takesNothing: true,
  ...jsonAnswers({
    success: { status: 202, body: '{}' },
    fault: (_status, message) => ({ errors: [message] }),
  }),
};

class DatadogRecords {
  readonly #body: RecordBody;
  readonly #options: PushRequest['options'];
  /** By the tags of a record. */
  readonly #shared = new Map<string, SharedFields>();

  constructor(body: RecordBody, options: PushRequest['options']) {
    this.#body = body;
    this.#options = options;
  }

  /** Adds the next one; a record of nothing asks whether somebody is there. */
  readonly add = (): void => {
    const { record, writer } = this.#body;
    record.read();
    if (record.count > 0) writer.add(record, roles, this.#sharedOf(record));
  };

  /** Where the record ends that begins here and could not be added. Throws PushError 400 where that is not to be told. */
  after(start: number): number {
    const { record, json } = this.#body;
    // Read whole, and perhaps written to.
    if (record.end > start) return record.end;
    json.seek(start);
    json.skip();
    return json.end;
  }

  /** The parameters of the request, which a record's own fields go before, and the tags of both. */
  #sharedOf(record: RecordBody['record']): SharedFields {
    const at = record.names.lastIndexOf('ddtags', record.count - 1);
    const tags = at < 0 ? '' : record.text(at);
    const known = this.#shared.get(tags);
    if (known !== undefined) return known;
    const shared = sharedFields(this.#options, tags);
    if (this.#shared.size < tagsKeptMax && tags.length <= tagsKeptLengthMax) this.#shared.set(tags, shared);
    return shared;
  }
}

function sharedFields(options: PushRequest['options'], ownTags: string): SharedFields {
  const labels: LabelPair[] = [];
  const metadata: LabelPair[] = [];
  for (const [field, label] of roles.labels) {
    const value = options[field];
    if (value !== undefined) labels.push([label, value]);
  }
  for (const tag of `${options.ddtags ?? ''},${ownTags}`.split(',', tagsMax)) {
    const at = tag.indexOf(':');
    const name = (at < 0 ? tag : tag.slice(0, at)).trim();
    if (name === '') continue;
    const pair: LabelPair = [name, at < 0 ? 'true' : tag.slice(at + 1).trim()];
    if (name === labelTag) labels.push(pair);
    else metadata.push(pair);
  }
  return { labels, metadata };
}
