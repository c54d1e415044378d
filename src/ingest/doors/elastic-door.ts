// Elasticsearch's bulk: pairs of lines, an action and a document, answered item by item as its shippers read it.
import type { LabelPair } from '../../model/labels.ts';
import { anyEncoding } from '../decode/decode-body.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import { isBlank, lineEnd, type RecordBody, readLine, recordBody } from '../records/record-lines.ts';
import type { RecordRoles, SharedFields } from '../records/record-plan.ts';
import type { ArrivedPush, ItemFate, PushDoor } from './door.ts';
import { jsonAnswers, jsonResponse } from './json-answer.ts';
import { recordRoles } from './json-lines-door.ts';

/** What an item asks for; the notes of the push hold their places in this list. */
const actions = ['index', 'create', 'update', 'delete'] as const;
type Action = (typeof actions)[number];

/** The answer has an object for each. */
const itemsMax = 2 ** 18;
/** Items of one answer that give their reason; it is the same text for all. */
const reasonsMax = 100;
const reasonLengthMax = 1024;
const indicesKeptMax = 256;

const { answer: answerWhole, refuse } = jsonAnswers({
  success: { status: 200, body: bulkAnswer('') },
  fault: (status, reason) => {
    const cause = { type: errorType(status), reason };
    return { error: { root_cause: [cause], ...cause }, status };
  },
});

export const elasticDoor: PushDoor = {
  metricFormat: 'elasticsearch',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'json' }),
  decode: (push) => new BulkReader(push).read(),
  takesNothing: true,
  answer(request, outcome) {
    const { items, refusedText, delayedText } = outcome;
    if (items === undefined) return answerWhole(request, outcome);
    return jsonResponse(
      200,
      itemsAnswer(items.notes, items.fates, { refused: refusedText, delayed: delayedText }),
      '',
    );
  },
  refuse,
};

/** The stream that documents of an index go to. */
interface Destination {
  readonly action: Action;
  /** Without labels there is no index. */
  readonly shared: SharedFields;
}

class BulkReader {
  readonly #body: RecordBody;
  readonly #columns: ArrivedPush['columns'];
  readonly #roles: RecordRoles;
  readonly #index: string;
  #notes = new Uint8Array(1024);
  #items = 0;
  /** The action read last: those of a bulk are mostly alike. */
  #actionBytes = Buffer.alloc(0);
  #destination: Destination = { action: 'index', shared: { labels: [], metadata: [] } };
  /** Those of an index are one object. */
  readonly #sharedByIndex = new Map<string, SharedFields>();

  constructor(push: ArrivedPush) {
    const { options } = push.request;
    const named = recordRoles(options, {
      lines: ['message', 'log', 'msg'],
      times: ['@timestamp', 'timestamp'],
    });
    this.#roles = named.labels.length > 0 ? named : { ...named, labels: [['service.name', 'service_name']] };
    this.#index = options.index ?? '';
    this.#body = recordBody(push);
    this.#columns = push.columns;
  }

  /** Fills the columns. Gives the action of each item. Throws PushError 400 where a pair of lines cannot be told. */
  read(): Uint8Array {
    const { bytes } = this.#body.json;
    for (let start = 0, line = 1; start < bytes.length; line++) {
      // Found before the line is read: its texts are unescaped where they are, which may make newlines of them.
      const end = lineEnd(bytes, start);
      const from = start;
      start = end + 1;
      if (isBlank(bytes, from, end)) continue;
      this.#readAction(from, end, line);
      this.#note(this.#destination.action);
      if (this.#destination.action === 'delete') {
        this.#refuse('delete', end - from);
        continue;
      }
      if (start >= bytes.length) throw badRequest(`the document of the action in line ${line} is missing`);
      const documentEnd = lineEnd(bytes, start);
      const document = start;
      start = documentEnd + 1;
      line++;
      this.#readDocument(document, documentEnd);
    }
    return this.#notes.slice(0, this.#items);
  }

  #readDocument(start: number, end: number): void {
    const { action, shared } = this.#destination;
    if (action === 'update') {
      this.#refuse(action, end - start);
      return;
    }
    const { record, writer, faults } = this.#body;
    const isAdded = faults.attempt(
      `item ${this.#items - 1}`,
      () => end - start,
      () => {
        if (shared.labels.length === 0) throw badRequest('the index is missing');
        readLine(this.#body, start, end);
        writer.add(record, this.#roles, shared);
      },
    );
    if (!isAdded) this.#columns.skipItem();
  }

  #refuse(action: Action, bytes: number): void {
    this.#body.faults.add(
      `item ${this.#items - 1}: ${action} is not supported, only index and create`,
      bytes,
    );
    this.#columns.skipItem();
  }

  #note(action: Action): void {
    if (this.#items === itemsMax)
      throw new PushError(413, `request body too large: more than ${itemsMax} items in one bulk`);
    if (this.#items === this.#notes.length) {
      const larger = new Uint8Array(this.#notes.length * 2);
      larger.set(this.#notes);
      this.#notes = larger;
    }
    this.#notes[this.#items++] = actions.indexOf(action);
  }

  #readAction(start: number, end: number, line: number): void {
    const { bytes } = this.#body.json;
    if (bytes.compare(this.#actionBytes, 0, this.#actionBytes.length, start, end) === 0) return;
    // A copy: texts are unescaped where they are.
    this.#actionBytes = Buffer.from(bytes.subarray(start, end));
    try {
      this.#destination = this.#action(start, end);
    } catch (error) {
      if (error instanceof PushError && error.status === 400)
        throw badRequest(`Malformed action/metadata line [${line}]: ${error.message}`);
      throw error;
    }
  }

  #sharedOf(index: string): SharedFields {
    const known = this.#sharedByIndex.get(index);
    if (known !== undefined) return known;
    const labels: LabelPair[] = index === '' ? [] : [['index', index]];
    const shared = { labels, metadata: [] };
    if (this.#sharedByIndex.size < indicesKeptMax) this.#sharedByIndex.set(index, shared);
    return shared;
  }

  #action(start: number, end: number): Destination {
    const { json } = this.#body;
    json.seek(start);
    if (json.peek() !== 0x7b) throw badRequest(`must be an object, got ${json.describe()}`);
    if (!json.enterObject()) throw badRequest('an action is missing');
    json.key();
    const name = json.textString();
    const action = actions.find((one) => one === name);
    if (action === undefined) throw badRequest(`'${name.slice(0, 40)}' is no action`);
    if (json.peek() !== 0x7b) throw badRequest(`${action} must be an object, got ${json.describe()}`);
    let index = this.#index;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.key();
      const isIndex = json.textIs('_index') && json.peek() === 0x22;
      if (isIndex) {
        json.text();
        index = json.textString();
      } else json.skip();
    }
    if (json.nextKey()) throw badRequest('there is more than one action');
    if (json.position > end) throw badRequest('the action is not in one line');
    if (!isBlank(json.bytes, json.position, end)) throw badRequest('something follows the action');
    return { action, shared: this.#sharedOf(index) };
  }
}

function itemsAnswer(
  notes: Uint8Array,
  fates: readonly ItemFate[],
  texts: { readonly refused: string; readonly delayed: string },
): string {
  let reasons = 0;
  const item = {
    stored: () => '"status":201,"result":"created"',
    refused: () => fault(400, texts.refused),
    delayed: () => fault(429, texts.delayed),
  } satisfies Record<ItemFate, () => string>;
  const fault = (status: number, text: string): string => {
    const reason = reasons++ < reasonsMax ? text.slice(0, reasonLengthMax) : 'as of the items before it';
    return `"status":${status},"error":${JSON.stringify({ type: errorType(status), reason })}`;
  };
  const items = fates.map((fate, at) => `{"${actions[notes[at] as number]}":{${item[fate]()}}}`);
  return bulkAnswer(
    items.join(','),
    fates.some((fate) => fate !== 'stored'),
  );
}

function bulkAnswer(items: string, errors = false): string {
  return `{"took":0,"errors":${errors},"items":[${items}]}`;
}

function errorType(status: number): string {
  switch (status) {
    case 429:
    case 503:
      return 'es_rejected_execution_exception';
    case 413:
      return 'content_too_long_exception';
    default:
      return status < 500 ? 'document_parsing_exception' : 'exception';
  }
}
