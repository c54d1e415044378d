// The stages of LogQL by kind. A stage is added by an entry here and by one in src/pipeline/stages.ts.
import type { StageSyntax } from './stage-syntax.ts';
import { type DecolorizeStage, decolorize } from './stages/decolorize.ts';
import { type DropStage, drop, type KeepStage, keep } from './stages/drop-keep.ts';
import { type JsonStage, json } from './stages/json.ts';
import { type LabelFilterStage, labelFilter } from './stages/label-filter.ts';
import { type LabelFormatStage, labelFormat } from './stages/label-format.ts';
import { type LineFilterStage, lineFilter } from './stages/line-filter.ts';
import { type LineFormatStage, lineFormat } from './stages/line-format.ts';
import { type LogfmtStage, logfmt } from './stages/logfmt.ts';
import { type PatternStage, pattern } from './stages/pattern.ts';
import { type RegexpStage, regexp } from './stages/regexp.ts';
import { type UnpackStage, unpack } from './stages/unpack.ts';
import type { TokenKind } from './token.ts';

export type Stage =
  | LineFilterStage
  | JsonStage
  | LogfmtStage
  | PatternStage
  | RegexpStage
  | UnpackStage
  | LabelFilterStage
  | LineFormatStage
  | LabelFormatStage
  | DecolorizeStage
  | DropStage
  | KeepStage;

export type StageKind = Stage['kind'];
export type StageOf<K extends StageKind> = Extract<Stage, { readonly kind: K }>;

const syntaxes: { readonly [K in StageKind]: StageSyntax<StageOf<K>> } = {
  lineFilter,
  json,
  logfmt,
  pattern,
  regexp,
  unpack,
  labelFilter,
  lineFormat,
  labelFormat,
  decolorize,
  drop,
  keep,
};
const all: readonly StageSyntax<Stage>[] = Object.values(syntaxes);

/** What is known of the stage's kind. */
export function syntaxOf<S extends Stage>(stage: S): StageSyntax<S> {
  // TypeScript cannot follow that the kind tells the stage's type, as the table's type says.
  return syntaxes[stage.kind] as StageSyntax<S>;
}

/** One stage with its leading pipe: `| json a="b"`, `|= "x" or "y"`. Parses back to the same stage. */
export const printStage = (stage: Stage): string => syntaxOf(stage).print(stage);

/** The words that begin a stage after its pipe. */
export const stageWords: ReadonlyMap<string, StageSyntax<Stage>> = new Map(
  all.flatMap((syntax) => ('word' in syntax.opening ? [[syntax.opening.word, syntax]] : [])),
);

/** The flags that stages take. */
export const stageFlags: ReadonlySet<string> = new Set(
  all.flatMap(({ opening }) => ('word' in opening ? opening.flags : [])),
);

/** Kinds of tokens that begin a stage without a word: after its pipe, or in the place of the pipe. */
export const stagesAfterPipe: ReadonlyMap<TokenKind, StageSyntax<Stage>> = openedByToken(true);
export const stagesWithoutPipe: ReadonlyMap<TokenKind, StageSyntax<Stage>> = openedByToken(false);

function openedByToken(piped: boolean): ReadonlyMap<TokenKind, StageSyntax<Stage>> {
  return new Map(
    all.flatMap((syntax) =>
      'tokens' in syntax.opening && syntax.opening.piped === piped
        ? syntax.opening.tokens.map((token): [TokenKind, StageSyntax<Stage>] => [token, syntax])
        : [],
    ),
  );
}
