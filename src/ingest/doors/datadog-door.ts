// What Datadog's agent and libraries send to /api/v2/logs: a JSON array of records, or one of them.
import type { LabelPair } from '../../model/labels.ts';
import type { PushRequest } from '../client/ingest-service.ts';
import { anyEncoding } from '../decode/decode-body.ts';
import { badRequest } from '../limits/push-error.ts';
import { type RecordBody, recordBody } from '../records/record-lines.ts';
import type { RecordRoles, SharedFields } from '../records/record-writer.ts';
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

export const datadogDoor: PushDoor = {
  metricFormat: 'datadog',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'json' }),
  decode(push) {
    const body = recordBody(push, new Set(['message']));
    const { json, faults } = body;
    const first = json.peek();
    const { request } = push;
    if (first === 0x7b) {
      addRecord(body, request);
      return;
    }
    if (first !== 0x5b) throw badRequest(`the body must be an array of records, got ${json.describe()}`);
    let number = 0;
    for (let more = json.enterArray(); more; more = json.nextValue()) {
      const start = json.position;
      json.skip();
      const behind = json.position;
      faults.attempt(
        `record ${++number}`,
        () => behind - start,
        () => {
          json.seek(json.start);
          addRecord(body, request);
        },
      );
      json.seek(behind);
    }
  },
  takesNothing: true,
  ...jsonAnswers({
    success: { status: 202, body: '{}' },
    fault: (_status, message) => ({ errors: [message] }),
  }),
};

/** A record of nothing asks whether somebody is there. */
function addRecord({ record, writer }: RecordBody, { options }: PushRequest): void {
  record.read();
  if (record.count === 0) return;
  writer.add(record, roles, sharedOf(options, tagsOf(record)));
}

function tagsOf(record: RecordBody['record']): string {
  const at = record.names.lastIndexOf('ddtags', record.count - 1);
  return at < 0 ? '' : record.text(at);
}

/** The parameters of the request, which a record's own fields go before, and the tags of both. */
function sharedOf(options: PushRequest['options'], ownTags: string): SharedFields {
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
