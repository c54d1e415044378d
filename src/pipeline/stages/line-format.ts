// `| line_format "…"`: the line becomes what the template prints. On an execution error the line stays as it is.

import { ParseError } from '../../logql/parse-error.ts';
import type { LineFormatStage } from '../../logql/stages/line-format.ts';
import { printStage } from '../../logql/stages.ts';
import { compileTemplate, type Template } from '../../template/template.ts';
import { TemplateError } from '../../template/template-error.ts';
import type { CompiledStage, PipelineEntry } from '../stage.ts';

/** The value of `__error__` when a template fails while it runs. */
export const templateError = 'TemplateFormatErr';

/** Compiles a template; a fault in it is the query's fault. `shown` opens the message. */
export function compileStageTemplate(text: string, name: 'line' | 'label', shown: string): Template {
  try {
    return compileTemplate(text, name);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new ParseError(`parse error : ${shown}: ${error.message}`);
  }
}

/** What a template sees of an entry. */
export function templateData(entry: PipelineEntry) {
  const { labels } = entry;
  return {
    get: (name: string) => labels.withErrors(name) ?? '',
    entries: () => labels.toMap(),
    line: entry.line,
    lineBytes: () => entry.lineBytesLength,
    timestampNs: entry.timestampNs,
  };
}

/** Throws ParseError when the template does not parse. */
export function compileLineFormat(stage: LineFormatStage): CompiledStage {
  const shown = `stage '${printStage(stage)}' : invalid line template`;
  const template = compileStageTemplate(stage.template, 'line', shown);
  const { onlyLabel } = template;
  if (onlyLabel !== undefined) {
    // As in Loki, a line of one label alone does not see the pipeline's errors.
    return {
      labelsRead: template.requiredLabels,
      apply: (entry) => {
        entry.line = entry.labels.get(onlyLabel) ?? '';
        return true;
      },
    };
  }
  return {
    labelsRead: template.requiredLabels,
    apply: (entry) => {
      const result = template.execute(templateData(entry));
      if ('text' in result) entry.line = result.text;
      else entry.labels.setError(templateError, result.error);
      return true;
    },
  };
}
