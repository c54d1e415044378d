// The functions of alert templates, by Prometheus' names.

import { formatFloatG } from '../go/float-verbs.ts';
import { formatGoGeneral, goFloatError, parseGoFloat } from '../go/number.ts';
import { parsePrometheusDuration } from '../go/prometheus-duration.ts';
import { GoTime } from '../go/time.ts';
import { utc } from '../go/zone.ts';
import type { Labels } from '../model/labels.ts';
import { RegexError } from '../regex/re2.ts';
import { compileRegex } from '../regex/regex.ts';
import { builtins } from '../template/builtins.ts';
import { fixed, type ParameterType, type TemplateFunction, variadic } from '../template/function-table.ts';
import { functionNamed } from '../template/functions.ts';
import { queryEscape } from '../template/functions-text.ts';
import { replaceAllMatches } from '../template/regex.ts';
import { FunctionError } from '../template/template-error.ts';
import { integerOf, LabelMap, type Value } from '../template/value.ts';

/** One series of a query's answer. */
export interface QueriedSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface FunctionEnvironment {
  readonly externalUrl: string;
  /** The answer to a query; throws when there is none yet, or with why there will be none. */
  readonly answerOf: (expr: string) => readonly QueriedSample[];
}

/** All functions by name. */
export function templateFunctions(environment: FunctionEnvironment): ReadonlyMap<string, TemplateFunction> {
  const own: Readonly<Record<string, TemplateFunction>> = {
    ...builtins,
    ...plainFunctions,
    ...queryFunctions(environment),
    ...urlFunctions(environment.externalUrl),
  };
  return new Map(Object.entries(own));
}

/** A function whose parameters have been checked. */
const typed = <A extends readonly Value[]>(
  parameters: readonly ParameterType[],
  call: (...args: A) => Value,
) => fixed(parameters, call as unknown as (...args: never[]) => Value);
const ofText = (call: (text: string) => Value): TemplateFunction => typed(['string'], call);
const ofNumber = (call: (value: number) => Value): TemplateFunction =>
  typed(['any'], (value: Value) => call(numberOf(value)));

/** Go's `%.4g`. */
const fourDigits = (value: number): string => formatFloatG(value, 4, 'e');

/** Numbers, and texts that are some. */
function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  const integer = integerOf(value);
  if (integer !== undefined) return Number(integer);
  if (typeof value !== 'string') throw new FunctionError(`can't convert ${String(value)} to float`);
  const number = parseGoFloat(value);
  if (number === undefined) throw new FunctionError(goFloatError(value));
  return number;
}

const loki = (name: string): TemplateFunction => functionNamed(name) as TemplateFunction;

const plainFunctions: Readonly<Record<string, TemplateFunction>> = {
  title: loki('title'),
  toUpper: loki('ToUpper'),
  toLower: loki('ToLower'),
  now: { parameters: [], call: (_, { nowNs }) => Number(nowNs()) / 1e9 },
  args: variadic([], 'any', (args) => new Map(args.map((arg, index) => [`arg${index}`, arg]))),
  reReplaceAll: typed(['string', 'string', 'string'], (pattern: string, to: string, text: string) =>
    replaceAllMatches(pattern, text, to),
  ),
  match: typed(['string', 'string'], (pattern: string, text: string) => matches(pattern, text)),
  safeHtml: ofText((text) => text),
  urlQueryEscape: ofText(queryEscape),
  stripPort: ofText((text) => /^\[?(.*?)\]?:\d*$/s.exec(text)?.[1] ?? text),
  stripDomain: ofText(stripDomain),
  humanize: ofNumber(humanize),
  humanize1024: ofNumber(humanize1024),
  humanizeDuration: ofNumber(humanizeDuration),
  humanizePercentage: ofNumber((value) => `${fourDigits(value * 100)}%`),
  humanizeTimestamp: ofNumber((value) => timeOf(value)?.toString() ?? fourDigits(value)),
  toTime: ofNumber((value) => timeOf(value)),
  parseDuration: ofText((text) => {
    const ns = parsePrometheusDuration(text);
    if (typeof ns === 'string') throw new FunctionError(ns);
    return Number(ns) / 1e9;
  }),
};

function matches(pattern: string, text: string): boolean {
  try {
    return compileRegex(pattern).test(text);
  } catch (error) {
    if (error instanceof RegexError) throw new FunctionError(error.message);
    throw error;
  }
}

/** An address stays whole. */
function stripDomain(hostPort: string): string {
  const [, host = hostPort, port = ''] = /^(.*?)(:\d+)?$/s.exec(hostPort) ?? [];
  if (/^[\d.]+$/.test(host) || host.includes(':')) return hostPort;
  return `${host.split('.')[0]}${port}`;
}

function scaled(value: number, prefixes: readonly string[], by: number, upwards: boolean): string {
  let prefix = '';
  let rest = value;
  for (const next of prefixes) {
    if (upwards ? Math.abs(rest) < by : Math.abs(rest) >= 1) break;
    prefix = next;
    rest = upwards ? rest / by : rest * by;
  }
  return fourDigits(rest) + prefix;
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
  return Math.abs(value) >= 1
    ? scaled(value, ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'], 1000, true)
    : scaled(value, ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'], 1000, false);
}

function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return fourDigits(value);
  return scaled(value, ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'], 1024, true);
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return fourDigits(value);
  if (value === 0) return `${fourDigits(value)}s`;
  if (Math.abs(value) >= 1) {
    const sign = value < 0 ? '-' : '';
    const whole = Math.trunc(Math.abs(value));
    const [seconds, minutes, hours] = [
      whole % 60,
      Math.trunc(whole / 60) % 60,
      Math.trunc(whole / 3600) % 24,
    ];
    const days = Math.trunc(whole / 86_400);
    if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
    if (hours !== 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
    if (minutes !== 0) return `${sign}${minutes}m ${seconds}s`;
    return `${sign}${fourDigits(Math.abs(value))}s`;
  }
  return `${scaled(value, ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'], 1000, false)}s`;
}

/** Unix seconds; undefined when they are none that a time can hold. */
function timeOf(seconds: number): GoTime | undefined {
  if (!Number.isFinite(seconds)) return undefined;
  if (Math.abs(seconds) > 9e9)
    throw new FunctionError(`${formatGoGeneral(seconds)} cannot be represented as a time`);
  return new GoTime(BigInt(Math.round(seconds * 1000)) * 1_000_000n, utc);
}

/** Samples are maps of `Labels` and `Value`. */
function queryFunctions({ answerOf }: FunctionEnvironment): Readonly<Record<string, TemplateFunction>> {
  return {
    query: ofText((expr) => answered(() => answerOf(expr)).map(sampleValue)),
    first: typed(['any'], (samples: Value) => {
      if (!Array.isArray(samples) || samples.length === 0)
        throw new FunctionError('first() called on vector with no elements');
      return samples[0] as Value;
    }),
    label: typed(['string', 'any'], (name: string, sample: Value) => labelOf(sample, name)),
    value: typed(['any'], (sample: Value) => (sample instanceof Map ? sample.get('Value') : undefined)),
    strvalue: typed(['any'], (sample: Value) => labelOf(sample, '__value__')),
    sortByLabel: typed(['string', 'any'], (name: string, samples: Value) =>
      Array.isArray(samples)
        ? [...(samples as readonly Value[])].sort((a, b) => (labelOf(a, name) < labelOf(b, name) ? -1 : 1))
        : samples,
    ),
  };
}

function answered<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    // What is to be asked first is no failure of the template.
    if (error instanceof Error && error.constructor === Error) throw new FunctionError(error.message);
    throw error;
  }
}

const sampleValue = ({ labels, value }: QueriedSample): Value => {
  const values = new Map(labels);
  return new Map<string, Value>([
    ['Labels', new LabelMap({ get: (name) => values.get(name), entries: () => labels })],
    ['Value', value],
  ]);
};

function labelOf(sample: Value, name: string): string {
  const labels = sample instanceof Map ? sample.get('Labels') : undefined;
  return labels instanceof LabelMap ? (labels.source.get(name) ?? '') : '';
}

function urlFunctions(externalUrl: string): Readonly<Record<string, TemplateFunction>> {
  const link = (tab: number) => ofText((expr) => `/graph?g0.expr=${queryEscape(expr)}&g0.tab=${tab}`);
  return {
    externalURL: typed([], () => externalUrl),
    pathPrefix: typed([], () => pathOf(externalUrl)),
    graphLink: link(0),
    tableLink: link(1),
  };
}

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname.replace(/\/$/, '') : '');
