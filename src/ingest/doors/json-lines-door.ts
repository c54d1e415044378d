// JSON lines: one record a line. The parameters have VictoriaLogs' names.
import { anyEncoding } from '../decode/decode-body.ts';
import { badRequest } from '../limits/push-error.ts';
import { eachLine, recordBody } from '../records/record-lines.ts';
import type { RecordRoles, SharedFields } from '../records/record-plan.ts';
import type { PushDoor } from './door.ts';
import { answerInText, refuseInText } from './text-answer.ts';

/** Names in one parameter. */
const namesMax = 32;

export const jsonLinesDoor: PushDoor = {
  metricFormat: 'jsonline',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'json' }),
  decode(push) {
    const { options } = push.request;
    const roles = recordRoles(options, { lines: ['_msg'], times: ['_time'] });
    const shared: SharedFields = { labels: [], metadata: pairsOf(options.extra_fields) };
    const body = recordBody(push);
    eachLine(body, () => body.writer.add(body.record, roles, shared));
  },
  takesNothing: true,
  answer: answerInText({ status: 200, message: '' }),
  refuse: refuseInText,
};

/** What the parameters say; `lines` and `times` where they do not. Throws PushError 400 for too many names. */
export function recordRoles(
  options: Readonly<Record<string, string>>,
  { lines, times }: Pick<RecordRoles, 'lines' | 'times'>,
): RecordRoles {
  const named = namesOf(options._msg_field);
  const timed = namesOf(options._time_field);
  return {
    labels: namesOf(options._stream_fields).map((name) => [name, name]),
    lines: named.length > 0 ? named : lines,
    times: timed.length > 0 ? timed : times,
    ignored: new Set(namesOf(options.ignore_fields)),
  };
}

/** `a,b` → its names. */
function namesOf(list = ''): readonly string[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > namesMax) throw badRequest(`more than ${namesMax} names in one parameter`);
  return names;
}

/** `a=b,c=d` → its pairs. */
const pairsOf = (list: string | undefined): SharedFields['metadata'] =>
  namesOf(list).map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw badRequest(`extra_fields: '${pair.slice(0, 40)}' is not name=value`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
