// The recorded answers that concern the parser: every query with what the reference made of it.
import { readdirSync, readFileSync } from 'node:fs';

export interface RecordedQuery {
  readonly id: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  /** The error text, of answers other than 200. */
  readonly message: string | undefined;
  /** The formatted query, of format_query answers. */
  readonly formatted: string | undefined;
}

interface Exchange {
  readonly req?: {
    readonly path: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly form?: Readonly<Record<string, unknown>>;
  };
  readonly want?: { readonly status: number; readonly message?: string; readonly json?: { data?: unknown } };
}
interface Case extends Exchange {
  readonly id: string;
  readonly steps?: readonly Exchange[];
}

const folder = new URL('../conformance/cases/', import.meta.url);

/** All recorded requests with one `query`, in the order of the files. */
export function recordedQueries(): RecordedQuery[] {
  const found: RecordedQuery[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const { cases } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { cases: Case[] };
    for (const { id, steps, ...single } of cases) {
      for (const { req, want } of steps ?? [single]) {
        const query = req?.form?.query ?? req?.params?.query;
        if (req === undefined || want === undefined || typeof query !== 'string') continue;
        const formatted = want.json?.data;
        found.push({
          id,
          path: req.path,
          query,
          status: want.status,
          message: want.message,
          formatted:
            req.path.endsWith('/format_query') && typeof formatted === 'string' ? formatted : undefined,
        });
      }
    }
  }
  return found;
}
