// One stage of the syntax tree → one closure.
import type { Stage } from '../logql/ast.ts';
import { compileDecolorize } from './decolorize.ts';
import { compileDrop, compileKeep } from './drop-keep.ts';
import { compileJson } from './json.ts';
import { compileJsonExpressions } from './json-expressions.ts';
import { compileLabelFilter } from './label-filter.ts';
import { compileLabelFormat } from './label-format.ts';
import { compileLineFilter } from './line-filter.ts';
import { compileLineFormat } from './line-format.ts';
import { compileLogfmt } from './logfmt.ts';
import { filterLabels } from './parser-hints.ts';
import { compilePattern } from './pattern.ts';
import { compileRegexp } from './regexp.ts';
import type { Apply, CompiledStage } from './stage.ts';
import { compileUnpack } from './unpack.ts';

/** Compiles a stage for use by any number of streams. Throws ParseError when the stage is wrong in itself. */
export function compileStage(stage: Stage): CompiledStage {
  switch (stage.kind) {
    case 'lineFilter':
      return reading([], compileLineFilter(stage));
    case 'json':
      return reading(
        [],
        stage.expressions.length > 0 ? compileJsonExpressions(stage.expressions) : compileJson(),
      );
    case 'logfmt':
      return reading([], compileLogfmt(stage));
    case 'pattern':
      return reading([], compilePattern(stage));
    case 'regexp':
      return reading([], compileRegexp(stage));
    case 'unpack':
      return reading([], compileUnpack());
    case 'labelFilter':
      return reading(filterLabels(stage.filter), compileLabelFilter(stage.filter));
    case 'decolorize':
      return reading([], compileDecolorize());
    case 'drop':
      return reading([], compileDrop(stage));
    case 'keep':
      return reading([], compileKeep(stage));
    case 'lineFormat':
      return compileLineFormat(stage);
    case 'labelFormat':
      return compileLabelFormat(stage);
  }
}

const reading = (requiredLabels: readonly string[], apply: Apply): CompiledStage => ({
  apply,
  requiredLabels,
});

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
