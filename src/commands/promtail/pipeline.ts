// `pipeline_stages` on their way to our `stages`: what has been made so far, and what came of the lines' own form.
import { listsOf } from '../../config/stages-schema.ts';
import { checkRegex } from '../../regex/re2.ts';
import type { PromtailSection } from './section.ts';

const { stageList } = listsOf(checkRegex);

export interface PipelineOptions {
  /** Labels that every entry surely has; what selectors of `match` are decided by. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of which the lines are: `cri` and `multiline` are settings of files and containers, `docker` is one of files. */
  readonly source: 'files' | 'docker' | 'other';
}

export interface Multiline {
  readonly firstLine: string;
  readonly waitText: string | undefined;
  readonly linesMaxText: string | undefined;
}

export class Pipeline {
  readonly source: PipelineOptions['source'];
  readonly stages: Readonly<Record<string, unknown>>[] = [];
  /** Known labels; those that a stage changes are no longer known. */
  readonly labels: Map<string, string>;
  /** The form in which a container runtime writes its files. */
  runtime: 'cri' | 'docker' | undefined;
  multiline: Multiline | undefined;

  constructor({ labels, source }: PipelineOptions) {
    this.source = source;
    this.labels = new Map(Object.entries(labels));
  }

  /** Whether lines are still as they were read. */
  get linesAreUntouched(): boolean {
    return !this.stages.some((stage) => 'output' in stage || 'replace' in stage);
  }

  /** One stage of ours, made from the stage `from`, which is reported when ours cannot be so. */
  add(name: string, value: unknown, from: PromtailSection): void {
    const checked = stageList.zod.safeParse([{ [name]: value }]);
    if (!checked.success) {
      from.leftOut('', checked.error.issues.map(({ message }) => message).join('; '));
      return;
    }
    this.stages.push({ [name]: value });
    if (name === 'labels' || name === 'static_labels')
      for (const label of Object.keys(value as object)) this.labels.delete(label);
    if (name === 'labeldrop') for (const label of value as readonly string[]) this.labels.delete(label);
  }
}
