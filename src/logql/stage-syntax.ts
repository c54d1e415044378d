// What the language knows of a kind of stage: how it is written, what is wrong with it, and what planning must know of
// it. What a stage does to an entry is in src/pipeline/stages.
import type { TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** How the parser knows a stage: by its word after the pipe, or by the kinds of its first token. */
export type StageOpening =
  | {
      readonly word: string;
      /** The flags that may follow it: `--strict`. */
      readonly flags: readonly string[];
    }
  | {
      readonly tokens: readonly TokenKind[];
      /** True: a pipe comes before the token. */
      readonly piped: boolean;
    };

/** All that is known of stages of one kind. Every property must be decided: none has a default. */
export interface StageSyntax<S> {
  readonly opening: StageOpening;
  /** Parses the stage after its word; stages without one from their first token on. */
  parse(stream: TokenStream): S;
  /** The stage with its leading pipe, in Loki's form. Parses back to the same stage. */
  print(stage: S): string;
  /** What is wrong with it in itself, as an error tells it; undefined: nothing. */
  fault(stage: S): string | undefined;

  /** What it does depends on the line. False: on labels and metadata alone. */
  readonly readsLine: boolean;
  /** It may replace the line: filters after it see another line than the stored one. */
  readonly changesLine: boolean;
  /** It may add, change or take away labels; a mere `__error__` aside. */
  readonly changesLabels: boolean;
  /** It may drop entries. */
  readonly dropsEntries: boolean;
  /** It may print the entry's time. */
  readonly readsTime: boolean;
  /** It works on entries one by one as they come, so that a tail can have it. */
  readonly canRunInTail: boolean;
  /** Every field of the line becomes a label: Loki does not cut a rate of so many series. */
  extractsAllFields(stage: S): boolean;
}

/** A fault as an error tells it of most stages, with the stage before it. */
export const inStage = <S>(
  syntax: Pick<StageSyntax<S>, 'print'>,
  stage: S,
  fault: string | undefined,
): string | undefined => fault && `stage '${syntax.print(stage)}' : ${fault}`;
