// What a dialect of syslog is: a reader of the header that is between the priority and the text.

import type { TimeReader } from '../../parse/time-reader.ts';

/** What a header says; '' where it says nothing ("-" counts as nothing). */
export interface Header {
  /** Undefined: no time that can be read. */
  readonly timestampNs: bigint | undefined;
  readonly host: string;
  readonly app: string;
  readonly processId: string;
  readonly messageId: string;
  /** Structured data and what else the header tells, in the order written; a name may come several times. */
  readonly data: readonly DataPair[];
  /** What follows the header. */
  readonly text: string;
}

export type DataPair = readonly [name: string, value: string];

export interface HeaderContext {
  /** At the moment of receipt. */
  readonly times: TimeReader;
  /** Whether a priority stood before the header: without one, only what is surely a header counts as one. */
  readonly prioritised: boolean;
}

/** Undefined: the text is not of this dialect. Time linear in the text, whatever it is. */
export type ReadHeader = (text: string, context: HeaderContext) => Header | undefined;

/** What devices write into the text, after whatever header: it tells what the header left open. */
export interface Content {
  readonly host?: string;
  readonly app?: string;
  readonly processId?: string;
  readonly messageId?: string;
  readonly data?: readonly DataPair[];
  readonly timestampNs?: bigint | undefined;
  /** Given when part of the text is header. */
  readonly text?: string;
}

/** As {@link ReadHeader}. */
export type ReadContent = (text: string, context: HeaderContext) => Content | undefined;
