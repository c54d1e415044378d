// From OTLP logs to streams and entries: which attribute is a label, which is metadata, what is the line.
import type { LabelPair } from '../../model/labels.ts';
import { floorDiv, nsPerSecond } from '../../model/time.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import { LabelMap, labelsKeptMax } from '../decode/sent-labels.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import { sanitizeName } from '../entries/sanitize-metadata.ts';
import { SharedMetadata } from '../entries/shared-metadata.ts';
import {
  defaultOtlpIndexAttributes,
  type OtlpAction,
  type OtlpAttributeRule,
  type OtlpConfig,
} from '../limits/limits.ts';
import { type MetadataBounds, metadataBounds } from '../limits/metadata-bounds.ts';
import { PushError } from '../limits/push-error.ts';
import {
  flatten,
  type OtlpAttribute,
  type OtlpRecord,
  type OtlpResource,
  type OtlpScope,
  valueText,
} from './otlp-model.ts';

/** Tests a whole attribute name against an RE2 pattern. */
export type CompileRegex = (pattern: string) => (name: string) => boolean;

/** What becomes of an attribute, by its name. Compiled once per configuration. */
export interface OtlpActions {
  readonly resource: (name: string) => OtlpAction;
  readonly scope: (name: string) => OtlpAction;
  readonly log: (name: string) => OtlpAction;
}

const defaultIndex = new Set(defaultOtlpIndexAttributes);

export function otlpActions(config: OtlpConfig, compileRegex: CompileRegex): OtlpActions {
  const { ignoreDefaults, attributesConfig } = config.resourceAttributes;
  const resource = firstMatch(attributesConfig, compileRegex);
  return {
    resource: (name) =>
      resource(name) ?? (!ignoreDefaults && defaultIndex.has(name) ? 'index_label' : 'structured_metadata'),
    scope: withDefault(firstMatch(config.scopeAttributes, compileRegex)),
    log: withDefault(firstMatch(config.logAttributes, compileRegex)),
  };
}

const withDefault =
  (match: (name: string) => OtlpAction | undefined) =>
  (name: string): OtlpAction =>
    match(name) ?? 'structured_metadata';

function firstMatch(
  rules: readonly OtlpAttributeRule[],
  compileRegex: CompileRegex,
): (name: string) => OtlpAction | undefined {
  const compiled = rules.map(({ action, attributes, regex }) => {
    const names = new Set(attributes);
    const matches = regex === '' ? () => false : compileRegex(regex);
    return { action, test: (name: string) => names.has(name) || matches(name) };
  });
  return (name) => compiled.find(({ test }) => test(name))?.action;
}

/** Writes the records of a decoded request to `columns` (reset here). */
export function writeOtlp(
  resources: readonly OtlpResource[],
  columns: PushColumns,
  context: DecodeContext,
  actions: OtlpActions,
): void {
  columns.reset(Buffer.alloc(0), context.limits);
  const writer = new OtlpWriter(columns, context, actions);
  for (const resource of resources) writer.resource(resource);
  columns.bytes = writer.lines;
}

/** Each leaf of a map repeats the names above it. */
const nestedNamesLengthMax = 2 ** 25;

class OtlpWriter {
  lines = Buffer.allocUnsafeSlow(1 << 16);
  #linesEnd = 0;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  readonly #actions: OtlpActions;
  readonly #bounds: MetadataBounds;
  #nestedNamesLength = 0;

  constructor(columns: PushColumns, context: DecodeContext, actions: OtlpActions) {
    this.#columns = columns;
    this.#context = context;
    this.#actions = actions;
    this.#bounds = metadataBounds(context.limits);
  }

  resource({ attributes, scopes }: OtlpResource): void {
    if (!scopes.some(({ records }) => records.length > 0)) return;
    const labels = new LabelMap(labelsKeptMax(this.#context.limits));
    const ofResource = new SharedMetadata(this.#bounds);
    this.#split(attributes, this.#actions.resource, labels, ofResource);
    // Streams differ by severity only where severity_text is a label.
    const targets = new Map<string, number>();
    for (const scope of scopes) {
      if (scope.records.length === 0) continue;
      const shared = this.#scopeMetadata(scope, ofResource);
      for (const record of scope.records) this.#record(record, labels, shared, targets);
    }
  }

  #split(
    attributes: readonly OtlpAttribute[],
    action: (name: string) => OtlpAction,
    labels: LabelMap | undefined,
    metadata: { readonly isOverfull: boolean; add(name: string, value: string): void },
  ): void {
    for (const attribute of attributes) {
      const kind = action(attribute.key);
      if (kind === 'drop') continue;
      flatten(attribute, (name, value) => {
        if (name === '') return;
        if (name !== attribute.key) this.#countNestedName(name);
        if (kind === 'index_label') labels?.set(sanitizeName(name), value);
        else metadata.add(name, value);
      });
    }
  }

  #countNestedName(name: string): void {
    this.#nestedNamesLength += name.length;
    if (this.#nestedNamesLength <= nestedNamesLengthMax) return;
    throw new PushError(
      413,
      `request body too large: names of nested attributes together exceed ${nestedNamesLengthMax} characters`,
    );
  }

  #scopeMetadata(scope: OtlpScope, ofResource: SharedMetadata): SharedMetadata {
    const { name, version, attributes, droppedAttributes } = scope;
    const metadata = new SharedMetadata(this.#bounds, ofResource);
    this.#split(attributes, this.#actions.scope, undefined, metadata);
    metadata.add('scope_name', name);
    metadata.add('scope_version', version);
    if (droppedAttributes !== 0) metadata.add('scope_dropped_attributes_count', String(droppedAttributes));
    return metadata;
  }

  #record(
    record: OtlpRecord,
    resourceLabels: LabelMap,
    shared: SharedMetadata,
    targets: Map<string, number>,
  ): void {
    const columns = this.#columns;
    const entry = columns.entryMetadata;
    const { otlpConfig, discoverLogLevels } = this.#context.limits;
    // Labels of the record's own, which are rare: without them the resource's stream is looked up once.
    const labels = new Map<string, string>();
    if (otlpConfig.severityTextAsLabel && record.severityText !== '') {
      labels.set('severity_text', record.severityText);
    }
    entry.begin();
    this.#split(record.attributes, this.#actions.log, undefined, entry);
    for (const [name, value] of recordFields(record)) entry.add(name, value);
    // Resource and scope come last: of equal names the last value counts.
    shared.addTo(entry);
    const start = this.#write(valueText(record.body));
    const timeNs = recordTime(record, this.#context.receivedNs);
    const seconds = floorDiv(timeNs, nsPerSecond);
    columns.add(
      this.#target(resourceLabels, labels, targets),
      Number(seconds),
      Number(timeNs - seconds * nsPerSecond),
      start,
      this.#linesEnd,
      discoverLogLevels,
    );
  }

  #target(
    resourceLabels: LabelMap,
    ownLabels: ReadonlyMap<string, string>,
    targets: Map<string, number>,
  ): number {
    const own = ownLabels.size === 0 ? '' : JSON.stringify([...ownLabels]);
    const known = targets.get(own);
    if (known !== undefined) return known;
    const sent = resourceLabels.sent(ownLabels);
    const text = `otlp${JSON.stringify(sent.pairs)}`;
    const { tenant, streams, limits } = this.#context;
    const stream =
      streams.known(tenant, text) ?? streams.resolve(tenant, text, sent, limits, this.#columns.isSaturated);
    const target = this.#columns.addStream(stream);
    targets.set(own, target);
    return target;
  }

  /** Appends a line; answers its start, `#linesEnd` is its end. */
  #write(line: string): number {
    const start = this.#linesEnd;
    if (start + line.length * 3 > this.lines.length) {
      const bytes = start + Buffer.byteLength(line);
      if (bytes > this.lines.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(this.lines.length * 2, bytes));
        grown.set(this.lines.subarray(0, start));
        this.lines = grown;
      }
    }
    this.#linesEnd = start + this.lines.write(line, start);
    return start;
  }
}

function recordTime({ timeNs, observedNs }: OtlpRecord, receivedNs: bigint): bigint {
  return timeNs !== 0n ? timeNs : observedNs !== 0n ? observedNs : receivedNs;
}

function* recordFields(record: OtlpRecord): Generator<LabelPair> {
  if (record.timeNs !== 0n && record.observedNs !== 0n) {
    yield ['observed_timestamp', String(record.observedNs)];
  }
  if (record.severityNumber !== 0) yield ['severity_number', String(record.severityNumber)];
  if (record.severityText !== '') yield ['severity_text', record.severityText];
  if (record.droppedAttributes !== 0) yield ['dropped_attributes_count', String(record.droppedAttributes)];
  if (record.flags !== 0) yield ['flags', String(record.flags)];
  if (record.traceId !== '') yield ['trace_id', record.traceId];
  if (record.spanId !== '') yield ['span_id', record.spanId];
  if (record.eventName !== '') yield ['event_name', record.eventName];
}
