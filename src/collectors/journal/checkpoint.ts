// The journal's checkpoint: {"cursor":"…","us":"…","repeat":n}.

export const journalSource = 'journal';

export interface JournalPosition {
  readonly cursor: string;
  /** Time of the entry at the cursor: where to go on when the cursor is refused. */
  readonly realtimeUs: bigint;
  /** How many entries right before it had the same time. */
  readonly repeat: number;
}

export const encodeJournalPosition = ({ cursor, realtimeUs, repeat }: JournalPosition): string =>
  JSON.stringify({ cursor, us: String(realtimeUs), repeat });

/** Undefined when the text is not a checkpoint of ours. */
export function decodeJournalPosition(state: string): JournalPosition | undefined {
  try {
    const { cursor, us, repeat } = JSON.parse(state) as Record<string, unknown>;
    if (typeof cursor !== 'string' || !Number.isInteger(repeat)) return undefined;
    return { cursor, realtimeUs: BigInt(us as string), repeat: repeat as number };
  } catch {
    return undefined;
  }
}
