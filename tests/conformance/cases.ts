// The recorded cases: requests with the answers the reference gave, one file a category.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type AnswerKind =
  | 'query'
  | 'strings'
  | 'series'
  | 'stats'
  | 'detected_labels'
  | 'detected_fields'
  | 'field_values'
  | 'shape'
  | 'json'
  | 'text'
  | 'status';

type ParameterValue = string | number | boolean | readonly (string | number | boolean)[];
export type Parameters = Readonly<Record<string, ParameterValue>>;

export interface RecordedRequest {
  readonly method?: string;
  readonly path: string;
  readonly params?: Parameters;
  readonly form?: Parameters;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly b64?: string;
}

export interface ComparisonOptions {
  /** sort and sort_desc: the order of a vector counts. */
  readonly ordered?: boolean;
  /** topk and bottomk: which of the series tied at the cut is kept is free. */
  readonly tied?: boolean;
  /** Statuses that are equally good. */
  readonly statuses?: readonly number[];
  readonly omit?: readonly string[];
  readonly rel?: number;
  readonly abs?: number;
}

/** An answer as recorded: the fields that its kind reads, already in the comparison's normal form. */
export interface RecordedAnswer {
  readonly status: number;
  readonly message?: string;
  readonly [field: string]: unknown;
}

export interface Step {
  readonly req: RecordedRequest;
  readonly kind: AnswerKind;
  readonly opts?: ComparisonOptions;
  /** Ask again for a while before the step counts as failed. */
  readonly retry?: boolean;
  readonly want: RecordedAnswer;
}

export interface RecordedCase {
  readonly id: string;
  readonly category: string;
  /** Recorded with multi-tenancy on. */
  readonly auth: boolean;
  readonly steps: readonly Step[];
  /** Cases of several steps write: they run last, one at a time. */
  readonly writes: boolean;
}

export const conformanceFolder = dirname(fileURLToPath(import.meta.url));

/** All cases in file order. */
export function loadCases(folder = join(conformanceFolder, 'cases')): RecordedCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        auth?: boolean;
        cases: ({ id: string; steps?: Step[] } & Step)[];
      };
      return file.cases.map(
        (c): RecordedCase => ({
          id: c.id,
          category: c.id.slice(0, c.id.indexOf('/')),
          auth: file.auth === true,
          steps: c.steps ?? [c],
          writes: c.steps !== undefined,
        }),
      );
    });
}

/** The query text of a case, for messages. */
export function queryOf(recorded: RecordedCase): string {
  for (const { req } of recorded.steps) {
    const query = req.params?.query ?? req.form?.query ?? req.params?.['match[]'];
    if (query !== undefined) return String(query);
  }
  return '';
}
