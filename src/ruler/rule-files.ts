// Rules from files: <folder>/<tenant>/<file>, looked at again and again. A file that cannot be used keeps what it last
// said; the others are no worse for it.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileVersion } from '../model/file-version.ts';
import { RuleGroupError, readRuleFile } from './read-group.ts';
import type { RuleGroup } from './rule-group.ts';
import { ruleTextBytesMax } from './settings.ts';

/** A file's namespace is its name. */
export interface RuleFile {
  readonly tenant: string;
  readonly namespace: string;
  readonly groups: readonly RuleGroup[];
  /** Why the file as it is now is not used; undefined when it is. */
  readonly error: string | undefined;
}

/** Files of all tenants together. */
const filesMax = 10_000;

interface KnownFile extends RuleFile {
  /** Changes when the file does. */
  readonly version: string;
}

export class RuleFiles {
  readonly #folder: string;
  #known: ReadonlyMap<string, KnownFile> = new Map();
  /** Why the folder cannot be read, or what lies in it and is not used. */
  #problem: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get files(): readonly RuleFile[] {
    return [...this.#known.values()];
  }

  /** Looks again. Resolves with true when anything is another than before. */
  async look(): Promise<boolean> {
    const known = new Map<string, KnownFile>();
    this.#problem = undefined;
    try {
      for (const tenant of await visibleNames(this.#folder)) {
        const folder = join(this.#folder, tenant);
        if (!(await stat(folder)).isDirectory()) {
          this.#problem ??= `${folder} belongs to no tenant: rule files go into ${join(this.#folder, '<tenant>')}`;
          continue;
        }
        for (const namespace of await visibleNames(folder)) {
          if (known.size >= filesMax) throw new Error(`more than ${filesMax} rule files`);
          const file = await this.#lookAt(tenant, namespace);
          if (file !== undefined) known.set(`${tenant}/${namespace}`, file);
        }
      }
    } catch (error) {
      // Nobody means to take back all rules by a folder that is not there for a moment.
      this.#problem = (error as Error).message;
      return false;
    }
    const before = this.#known;
    this.#known = known;
    return known.size !== before.size || [...known].some(([path, file]) => before.get(path) !== file);
  }

  async #lookAt(tenant: string, namespace: string): Promise<KnownFile | undefined> {
    const path = join(this.#folder, tenant, namespace);
    const before = this.#known.get(`${tenant}/${namespace}`);
    try {
      const found = await stat(path);
      if (!found.isFile()) return undefined;
      const version = fileVersion(found);
      if (before?.version === version) return before;
      const names = { tenant, namespace, version };
      try {
        if (found.size > ruleTextBytesMax) throw new RuleGroupError(`longer than ${ruleTextBytesMax} bytes`);
        return { ...names, groups: readRuleFile(await readFile(path, 'utf8')), error: undefined };
      } catch (error) {
        return { ...names, groups: before?.groups ?? [], error: `${namespace}: ${(error as Error).message}` };
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const { message } = error as Error;
      if (before?.error === message) return before;
      return { tenant, namespace, version: '', groups: before?.groups ?? [], error: message };
    }
  }
}

const visibleNames = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
