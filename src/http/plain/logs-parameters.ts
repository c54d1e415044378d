// The parameters of the plain API, and the LogQL they stand for.
import { z } from 'zod';
import { type CollectorName, collectorKinds, collectorNames } from '../../collectors/collector-kinds.ts';
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { quoteGo } from '../../go/quote.ts';
import type { LogQuery } from '../../logql/ast.ts';
import { quoteEcho } from '../encode/echo.ts';
import type { Parameters } from '../parameters/parameters.ts';
import { parseTime } from '../parameters/time-parameters.ts';
import { badRequest } from '../server/http-error.ts';

/** What brings lines in: collectors, each told by the label that only it sets, and those who push. */
export type Source = CollectorName | 'push';
export const sourceNames: readonly [Source, ...Source[]] = [...collectorNames, 'push'];

/** The matchers of a source's streams. */
function sourceMatchers(source: Source): string {
  if (source !== 'push') {
    const { name, value } = collectorKinds[source].ownLabel;
    return value === undefined ? `${name}=~".+"` : `${name}=${quoteGo(value)}`;
  }
  const others = collectorNames.map((collector) => {
    const { name, value } = collectorKinds[collector].ownLabel;
    return value === undefined ? `${name}=""` : `${name}!=${quoteGo(value)}`;
  });
  return [...others, everyStream].join(', ');
}

/** From the least to the most severe. */
const severities = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;

const pattern = (what: string) =>
  z.string().min(1).optional().describe(`${what}; \`*\` stands for any characters.`);
const moment = (what: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(`${what}: a duration before now (\`15m\`), RFC 3339, or Unix seconds or nanoseconds.`);

const filters = {
  source: z.enum(sourceNames).optional().describe('What brought the lines in.'),
  container: pattern('Name of the container'),
  unit: pattern('systemd unit'),
  file: pattern('Path of the file'),
  service: pattern('Label service_name'),
  host: pattern('Label host'),
  level: z.enum(severities).optional().describe('This level and the more severe ones.'),
  text: z.string().min(1).optional().describe('Text that the line must contain, as it is written.'),
};

export const pageLimitMax = 5000;
const pageLimit = 100;

export const logsParameters = z.strictObject({
  ...filters,
  since: moment('Oldest entry, default 1h'),
  until: moment('Newest entry, default now'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(pageLimitMax)
    .default(pageLimit)
    .describe('Entries in one answer. Entries of one nanosecond stay together, so a few more may come.'),
  cursor: z
    .string()
    .regex(/^\d{1,19}$/)
    .optional()
    .describe('`nextCursor` of the page before.'),
});

export const streamParameters = z.strictObject({
  ...filters,
  level: filters.level.default('info').describe('This level and the more severe ones; `trace` is all.'),
  since: moment('Also what came since then, at most `limit` entries'),
  limit: z.coerce.number().int().min(0).max(pageLimitMax).default(pageLimit),
});

/** Throws HttpError 400 that names the parameter; unknown ones are refused, since they are mistakes of a person. */
export function readParameters<T>(schema: z.ZodType<T>, parameters: Parameters): T {
  const given = Object.fromEntries([...parameters].map(([name, values]) => [name, values[0]]));
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown parameter ${issue.keys.map(quoteEcho).join(', ')}`
      : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw badRequest(problems.join('; '));
}

type Filters = { readonly [K in keyof typeof filters]?: string | undefined };

/** Ingest gives every stream a service_name. */
const everyStream = 'service_name=~".+"';

/** The log query that the filters stand for. */
export async function filterQuery({ source, level, text, ...labels }: Filters): Promise<LogQuery> {
  const names = {
    container: 'container',
    unit: 'unit',
    file: 'filename',
    service: 'service_name',
    host: 'host',
  };
  const matchers: string[] = source === undefined ? [] : [sourceMatchers(source as Source)];
  for (const [key, label] of Object.entries(names)) {
    const value = labels[key as keyof typeof names];
    if (value !== undefined) matchers.push(matcher(label, value));
  }
  if (matchers.length === 0) matchers.push(everyStream);
  const stages = [
    ...(text === undefined ? [] : [`|= ${quoteGo(text)}`]),
    ...(level === undefined ? [] : [levelFilter(level)]),
  ];
  const { parseExpr } = await import('../../logql/parser.ts');
  const expr = parseExpr(`{${matchers.join(', ')}} ${stages.join(' ')}`);
  if (expr.kind !== 'logQuery') throw new Error('filters are a log query');
  return expr;
}

function matcher(label: string, value: string): string {
  if (!value.includes('*')) return `${label}=${quoteGo(value)}`;
  const parts = value.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return `${label}=~${quoteGo(parts.join('.*'))}`;
}

/** Lines without a known level are shown down to info: plain text would vanish else. */
function levelFilter(level: string): string {
  const at = (severities as readonly string[]).indexOf(level);
  const infoAt = severities.indexOf('info');
  if (at <= 0) return '';
  return at <= infoAt
    ? `| detected_level!~"${severities.slice(0, at).join('|')}"`
    : `| detected_level=~"${severities.slice(at).join('|')}"`;
}

/** A duration before now, or a time. Throws HttpError 400. */
export function momentNs(name: string, text: string | undefined, nowNs: bigint, fallbackNs: bigint): bigint {
  if (text === undefined) return fallbackNs;
  const ago = /^\d+[a-z]/.test(text) ? parsePrometheusDuration(text) : '';
  if (typeof ago !== 'string') return nowNs - ago;
  try {
    return parseTime(text, fallbackNs);
  } catch {
    throw badRequest(`${name}: expected a duration such as 15m, RFC 3339, or Unix seconds or nanoseconds`);
  }
}
