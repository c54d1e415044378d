// `| unwrap label`, `| unwrap duration(label)`, …: a label's value as the sample.

import { parseBytes } from '../go/bytes.ts';
import { durationSeconds } from '../go/duration-value.ts';
import { goFloatError, parseGoFloat } from '../go/number.ts';
import type { Unwrap } from '../logql/ast.ts';
import type { PipelineEntry } from './stage.ts';

const sampleExtractionError = 'SampleExtractionErr';

/**
 * Compiles the conversion: durations give seconds, sizes bytes. The result is undefined for an entry without the
 * label, which is no sample; a value that cannot be converted gives 0 and sets `__error__`.
 */
export function compileUnwrap({ label, conversion }: Unwrap): (entry: PipelineEntry) => number | undefined {
  const convert = conversion === undefined ? float : conversion === 'bytes' ? parseBytes : durationSeconds;
  return ({ labels }) => {
    const text = labels.get(label);
    if (text === undefined || text === '') return undefined;
    const value = convert(text);
    if (typeof value === 'number') return value;
    labels.setError(sampleExtractionError, value);
    return 0;
  };
}

function float(text: string): number | string {
  return parseGoFloat(text) ?? goFloatError(text);
}
