// Splunk's HTTP event collector: events as JSON objects one after the other, and raw lines.
import type { LabelPair } from '../../model/labels.ts';
import type { PushRequest } from '../client/ingest-service.ts';
import { anyEncoding } from '../decode/decode-body.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import { isBlank, lineEnd, type RecordBody, recordBody } from '../records/record-lines.ts';
import type { RecordRoles, SharedFields } from '../records/record-plan.ts';
import type { ArrivedPush, PushDoor } from './door.ts';
import { jsonAnswers } from './json-answer.ts';

const fieldsPrefix = 'fields.';
const origin = ['host', 'source', 'sourcetype', 'index'] as const;

const roles: RecordRoles = {
  labels: origin.map((name) => [name, name]),
  lines: ['event'],
  times: ['time'],
  ignored: new Set(['channel']),
  rename: (field) => (field.startsWith(fieldsPrefix) ? field.slice(fieldsPrefix.length) : field),
};

/** What Splunk's clients know the faults by. */
const code = { success: 0, busy: 9, invalid: 6, internal: 8 } as const;

const door = (decode: PushDoor['decode']): PushDoor => ({
  metricFormat: 'splunk',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'json' }),
  decode,
  takesNothing: true,
  ...jsonAnswers({
    success: { status: 200, body: JSON.stringify({ text: 'Success', code: code.success }) },
    fault: (status, text) => ({
      text,
      code: status === 429 || status === 503 ? code.busy : status === 500 ? code.internal : code.invalid,
    }),
  }),
});

/** `/services/collector/event` */
export const splunkEventDoor = door((push) => {
  const body = recordBody(push, new Set(['event']));
  const shared = sharedOf(push.request);
  const { json } = body;
  // Objects stand one after the other, with or without white space, so what follows one that is broken is not to be told.
  let number = 0;
  try {
    for (; json.peek() !== 0; number++) addEvent(body, shared);
  } catch (error) {
    if (error instanceof PushError && error.status === 400)
      throw badRequest(`event ${number}: ${error.message}`);
    throw error;
  }
});

function addEvent({ record, writer }: RecordBody, shared: SharedFields): void {
  record.read();
  const at = record.names.lastIndexOf('event', record.count - 1);
  if (at < 0 || record.isNull(at)) throw badRequest('Event field is required');
  if (record.isEmptyText(at)) throw badRequest('Event field cannot be blank');
  writer.add(record, roles, shared);
}

/** `/services/collector/raw`: each line is an event. */
export const splunkRawDoor = door((push: ArrivedPush) => {
  const { json, writer } = recordBody(push);
  const { bytes } = json;
  const shared = sharedOf(push.request);
  for (let start = 0; start < bytes.length; ) {
    const end = lineEnd(bytes, start);
    const isReturned = bytes[end - 1] === 0x0d && end > start;
    if (!isBlank(bytes, start, end)) writer.addLine(start, isReturned ? end - 1 : end, shared);
    start = end + 1;
  }
});

/** What the parameters of the request say of all its events. */
function sharedOf({ options }: PushRequest): SharedFields {
  const labels: LabelPair[] = [];
  for (const name of origin) {
    const value = options[name];
    if (value !== undefined) labels.push([name, value]);
  }
  return { labels, metadata: [] };
}
