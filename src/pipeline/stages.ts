// What the stages do, by kind: one stage of the syntax tree → one closure. How they are written is in
// src/logql/stages.ts, which also names all kinds.
import type { Stage, StageKind, StageOf } from '../logql/stages.ts';
import type { Apply, CompiledStage } from './stage.ts';
import { compileDecolorize } from './stages/decolorize.ts';
import { compileDrop, compileKeep } from './stages/drop-keep.ts';
import { compileJson } from './stages/json.ts';
import { compileJsonExpressions } from './stages/json-expressions.ts';
import { compileLabelFilterStage } from './stages/label-filter.ts';
import { compileLabelFormat } from './stages/label-format.ts';
import { compileLineFilter } from './stages/line-filter.ts';
import { compileLineFormat } from './stages/line-format.ts';
import { compileLogfmt } from './stages/logfmt.ts';
import { compilePattern } from './stages/pattern.ts';
import { compileRegexp } from './stages/regexp.ts';
import { compileUnpack } from './stages/unpack.ts';

const compilers: { readonly [K in StageKind]: (stage: StageOf<K>) => CompiledStage } = {
  lineFilter: compileLineFilter,
  json: (stage) => (stage.expressions.length > 0 ? compileJsonExpressions(stage) : compileJson()),
  logfmt: compileLogfmt,
  pattern: compilePattern,
  regexp: compileRegexp,
  unpack: compileUnpack,
  labelFilter: compileLabelFilterStage,
  lineFormat: compileLineFormat,
  labelFormat: compileLabelFormat,
  decolorize: compileDecolorize,
  drop: compileDrop,
  keep: compileKeep,
};

/** Compiles a stage for use by any number of streams. Throws ParseError when the stage is wrong in itself. */
export function compileStage<S extends Stage>(stage: S): CompiledStage {
  // TypeScript cannot follow that the kind tells the stage's type, as the table's type says.
  return (compilers[stage.kind] as (stage: S) => CompiledStage)(stage);
}

/** Runs stages one after the other; false as soon as one drops the entry. */
export function sequence(stages: readonly Apply[]): Apply {
  const [first, second, third] = stages;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (entry) => first(entry) && second(entry);
  return (entry) => {
    for (let i = 0; i < stages.length; i++) if (!(stages[i] as Apply)(entry)) return false;
    return true;
  };
}
