// Where groups come from: rule files and the API, both at once. Says which groups there should be.

import { RuleGroupError } from './read-group.ts';
import { type RuleFile, RuleFiles } from './rule-files.ts';
import { type GroupKey, groupKeyText } from './rule-group.ts';
import type { LoadedGroup } from './rule-record.ts';
import type { RulerLog } from './ruler-protocol.ts';
import { rulesMax } from './settings.ts';

/** How the rule files are. */
export interface FileReport {
  /** True when every file is used as it is. */
  readonly isGood: boolean;
  readonly lastGoodMs: number | undefined;
  /** By tenant, what is wrong with its files. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

export interface RuleSourcesParts {
  /** '' for none. */
  readonly rulesDir: string;
  readonly nowMs: () => number;
  readonly log: RulerLog;
}

export class RuleSources {
  readonly #parts: RuleSourcesParts;
  readonly #files: RuleFiles | undefined;
  /** Groups made through the API. */
  readonly #apiGroups = new Map<string, LoadedGroup>();
  #lastGoodMs: number | undefined;
  #toldErrors = '';

  constructor(parts: RuleSourcesParts) {
    this.#parts = parts;
    this.#files = parts.rulesDir === '' ? undefined : new RuleFiles(parts.rulesDir);
  }

  /** There are files to be looked at again and again. */
  get hasFiles(): boolean {
    return this.#files !== undefined;
  }

  /** Looks at the files. Resolves with true when anything is another than before. */
  async look(): Promise<boolean> {
    return (await this.#files?.look()) ?? false;
  }

  get report(): FileReport {
    const errors = new Map<string, string[]>();
    for (const { tenant, error } of this.#known) {
      if (error === undefined) continue;
      errors.set(tenant, [...(errors.get(tenant) ?? []), error]);
    }
    const isGood = errors.size === 0 && this.#files?.problem === undefined;
    return { isGood, lastGoodMs: this.#lastGoodMs, errors };
  }

  /** Says what is wrong with the files, once. */
  tellErrors(): void {
    if (this.#files === undefined) return;
    const { isGood, errors } = this.report;
    if (isGood) this.#lastGoodMs = this.#parts.nowMs();
    const all = [...errors].flatMap(([tenant, texts]) => texts.map((text) => `${tenant}: ${text}`));
    const told = [this.#files.problem ?? [], all].flat().join('; ');
    if (told !== '' && told !== this.#toldErrors)
      this.#parts.log(
        'error',
        { error: told },
        'rule files that cannot be used: what they last said is kept',
      );
    this.#toldErrors = told;
  }

  putApiGroup(loaded: LoadedGroup): void {
    this.#apiGroups.set(groupKeyText(loaded.key), loaded);
  }

  removeApiGroup(key: GroupKey): void {
    this.#apiGroups.delete(groupKeyText(key));
  }

  /** Of one name, or of the whole namespace. */
  apiGroups(tenant: string, namespace: string, group?: string): readonly LoadedGroup[] {
    return [...this.#apiGroups.values()].filter(
      ({ key }) =>
        key.tenant === tenant && key.namespace === namespace && (group === undefined || key.group === group),
    );
  }

  /** Throws {@link RuleGroupError} for a namespace that a file has. */
  checkEditable(tenant: string, namespace: string): void {
    const file = this.#known.find((one) => one.tenant === tenant && one.namespace === namespace);
    if (file !== undefined)
      throw new RuleGroupError(
        `namespace "${namespace}" comes from a rule file and can only be changed there`,
      );
  }

  /** Groups that should run, by {@link groupKeyText}. A namespace of a file hides one of the API that has its name. */
  wanted(): ReadonlyMap<string, LoadedGroup> {
    const wanted = new Map<string, LoadedGroup>();
    const namespaces = new Set<string>();
    let rules = 0;
    for (const { tenant, namespace, groups } of this.#known) {
      namespaces.add(`${tenant}\0${namespace}`);
      for (const group of groups) {
        const key = { tenant, namespace, group: group.name };
        rules += group.rules.length;
        if (rules > rulesMax) this.#parts.log('error', { ...key }, `more than ${rulesMax} rules: left out`);
        else wanted.set(groupKeyText(key), { key, group, origin: 'file' });
      }
    }
    for (const [text, loaded] of this.#apiGroups)
      if (!namespaces.has(`${loaded.key.tenant}\0${loaded.key.namespace}`)) wanted.set(text, loaded);
    return wanted;
  }

  get #known(): readonly RuleFile[] {
    return this.#files?.files ?? [];
  }
}
