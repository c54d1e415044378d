// `| label_format a=b, c="{{…}}"`: renames labels and sets labels to what templates print, in the order written.
import type { LabelAssignment, LabelFormatStage } from '../../logql/stages/label-format.ts';
import { printStage } from '../../logql/stages.ts';
import type { Template } from '../../template/template.ts';
import type { CompiledStage, PipelineEntry } from '../stage.ts';
import { compileStageTemplate, templateData, templateError } from './line-format.ts';

type Assignment =
  | Extract<LabelAssignment, { kind: 'rename' }>
  | { readonly kind: 'template'; readonly name: string; readonly template: Template };

/** Throws ParseError when a template does not parse. */
export function compileLabelFormat(stage: LabelFormatStage): CompiledStage {
  const assignments = stage.assignments.map((assignment): Assignment => {
    if (assignment.kind === 'rename') return assignment;
    const { name, template } = assignment;
    const opening = `stage '${printStage(stage)}' : invalid template for label '${name}'`;
    return { kind: 'template', name, template: compileStageTemplate(template, 'label', opening) };
  });
  return {
    labelsRead: assignments.flatMap((a) => (a.kind === 'rename' ? [a.from] : a.template.requiredLabels)),
    apply: (entry) => {
      // Templates of one stage all see the labels as they were when the first of them ran.
      let before: Map<string, string> | undefined;
      for (const assignment of assignments) {
        if (assignment.kind === 'rename') rename(entry, assignment.name, assignment.from);
        else {
          before ??= entry.labels.toMap();
          format(entry, assignment.name, assignment.template, before);
        }
      }
      return true;
    },
  };
}

function rename(entry: PipelineEntry, name: string, from: string): void {
  const value = entry.labels.get(from);
  if (value === undefined) return;
  // Whatever the label was, under its new name it counts as parsed. A label renamed to its own name is gone.
  entry.labels.set('parsed', name, value);
  entry.labels.delete(from);
}

function format(entry: PipelineEntry, name: string, template: Template, before: Map<string, string>): void {
  const data = { ...templateData(entry), get: (label: string) => before.get(label), entries: () => before };
  const result = template.execute(data);
  if ('text' in result) entry.labels.set('parsed', name, result.text);
  else entry.labels.setError(templateError, result.error);
}
