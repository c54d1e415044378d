// All that the page shows, apart from what is being typed.
import type { Asked } from './address.ts';
import type { HistogramData } from './charts/histogram-data.ts';
import type { Store } from './dom/store.ts';
import type { TimeZone } from './format.ts';
import type { Entry } from './gateway/entry.ts';
import type { RangeQuery, Sample, Series } from './gateway/queries.ts';
import type { Session } from './gateway/session.ts';
import type { Status } from './gateway/status.ts';
import type { Problem } from './problem.ts';

/** How lines are shown; kept in this browser. */
export interface Display {
  readonly wrap: boolean;
  readonly oldestFirst: boolean;
  readonly zone: TimeZone;
  readonly compact: boolean;
  /** Labels and fields with a column of their own. */
  readonly columns: readonly string[];
}

export interface LiveState {
  readonly connected: boolean;
  readonly received: number;
  /** Left out by the gateway, since the page or its connection was too slow. */
  readonly dropped: number;
  readonly perSecond: number;
  readonly paused: boolean;
  /** Came while paused, and are shown when it ends. */
  readonly waiting: number;
}

export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'asking' }
  | {
      readonly kind: 'lines';
      readonly request: RangeQuery;
      readonly tookMs: number;
      /** There are older ones in the range. */
      readonly more: boolean;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'series';
      readonly request: RangeQuery;
      readonly series: readonly Series[];
      readonly tookMs: number;
      readonly warnings: readonly string[];
    }
  | {
      /** Of one moment: the end of the range. */
      readonly kind: 'samples';
      readonly query: string;
      readonly samples: readonly Sample[];
      readonly tookMs: number;
      readonly warnings: readonly string[];
    }
  | ({ readonly kind: 'live' } & LiveState)
  | { readonly kind: 'stopped'; readonly received: number }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Whom the gateway takes this browser for. */
export type Visitor =
  | { readonly kind: 'unasked' }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'known'; readonly session: Session };

export interface PageState {
  readonly visitor: Visitor;
  readonly asked: Asked;
  readonly display: Display;
  readonly outcome: Outcome;
  /** Newest first. */
  readonly entries: readonly Entry[];
  readonly histogram: HistogramData | undefined;
  /** Undefined before the first answer, and while the gateway does not answer. */
  readonly status: Status | undefined;
}

export type PageStore = Store<PageState>;
