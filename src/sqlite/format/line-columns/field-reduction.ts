// Lines with a few of their fields alone; those that are not of the format asked for stay whole.
import { LRUCache } from 'lru-cache';
import type { LineFields } from '../../../pipeline/line-fields.ts';
import { templateKinds } from './layout.ts';
import type { Reduced, Reduction, StoredTemplate } from './reduced-directory.ts';
import { type FieldSteps, reducedTemplate, stepsOf } from './template-fields.ts';

/** Templates whose steps are remembered: streams repeat theirs in every block. */
const templatesHeld = 512;

export class FieldReduction implements Reduction {
  readonly #fields: LineFields;
  readonly #steps = new LRUCache<string, FieldSteps>({ max: templatesHeld });

  constructor(fields: LineFields) {
    this.#fields = fields;
  }

  reduce(template: StoredTemplate): Reduced | undefined {
    if (template.kind !== templateKinds[this.#fields.format]) return undefined;
    let steps = this.#steps.get(template.key);
    if (steps === undefined) {
      steps = stepsOf(template.pieces, this.#fields);
      this.#steps.set(template.key, steps);
    }
    const known = steps;
    return { wanted: known.wanted, template: (isKept) => reducedTemplate(known, template.columns, isKept) };
  }
}
