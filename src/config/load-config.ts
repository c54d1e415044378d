// YAML file, environment and flags → one frozen Config. Later sources win: file, environment, flags. This folder and
// src/gateway are the only readers of the environment.
import { stringify } from 'yaml';
import { clientVariables } from './client-environment.ts';
import { type Config, toConfig } from './config.ts';
import { ConfigError, problemsOf, suggestion } from './config-error.ts';
import { overrideNames } from './limits-schema.ts';
import { type SettingValues, schema } from './schema.ts';
import { type AnySection, type Member, printSection, type SettingPath, settingPaths } from './section.ts';
import { type FileSource, parseFile } from './yaml-source.ts';

export interface ConfigSources {
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Dotted setting → text. */
  readonly flags?: Readonly<Record<string, string>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Things that are odd but not wrong, one line each. */
  readonly warnings: readonly string[];
}

const environmentPrefix = 'SKALD_';

/** Names that do not follow from a setting's path. */
const environmentAliases: Readonly<Record<string, string>> = {
  SKALD_REJECT_OLD_SAMPLES: 'limits.reject_old_samples',
};

/** Read by read-config.ts before there is a configuration. */
export const configFileVariable = 'SKALD_CONFIG_FILE';

/** Read by start-gateway.ts: settings of the store that only tests change, failpoints among them, as JSON. */
export const testStoreVariable = 'SKALD_TEST_STORE';

const ownVariables: ReadonlySet<string> = new Set([configFileVariable, testStoreVariable]);

export const environmentName = (keys: readonly string[]): string =>
  environmentPrefix + keys.join('_').toUpperCase();

/** Every setting that a flag or variable can change, by its dotted name. */
export const settingsByName: ReadonlyMap<string, SettingPath> = new Map(
  settingPaths(schema).map((path) => [path.keys.join('.'), path]),
);

/** Throws ConfigError listing every problem of all sources. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file: FileSource | undefined = sources.file && parseFile(sources.file.name, sources.file.text);
  const values = structuredClone(file?.values ?? {}) as Record<string, unknown>;
  const origins = new Map<string, string>();
  const warnings: string[] = [];

  const byVariable = new Map<string, SettingPath>();
  for (const path of settingsByName.values()) byVariable.set(environmentName(path.keys), path);
  for (const [variable, name] of Object.entries(environmentAliases)) {
    const path = settingsByName.get(name);
    if (path !== undefined) byVariable.set(variable, path);
  }
  for (const [variable, text] of Object.entries(sources.environment)) {
    if (!variable.startsWith(environmentPrefix) || text === undefined) continue;
    if (ownVariables.has(variable) || clientVariables.has(variable)) continue;
    const path = byVariable.get(variable);
    if (path === undefined) {
      // No error: container platforms add variables of their own for a service of this name.
      warnings.push(
        `environment ${variable}: no such setting${suggestion(variable, [...byVariable.keys()])}`,
      );
      continue;
    }
    setAt(values, path.keys, text);
    origins.set(path.keys.join('.'), `environment ${variable}`);
  }
  for (const [name, text] of Object.entries(sources.flags ?? {})) {
    setAt(values, name.split('.'), text);
    origins.set(name, `flag --${name}`);
  }

  const checked = check(values);
  if (!checked.success)
    throw new ConfigError(
      problemsOf(
        checked.error.issues,
        (keys) => origins.get(keys.map(String).join('.')) ?? file?.placeOf(keys) ?? 'configuration',
        keysAt,
      ),
    );
  return { config: deepFreeze(toConfig(checked.data, printConfig(checked.data))), warnings };
}

function check(values: Readonly<Record<string, unknown>>): ReturnType<typeof schema.zod.safeParse> {
  try {
    return schema.zod.safeParse(values, { reportInput: true });
  } catch (error) {
    // Hundreds of thousands of problems in one list are more than zod can gather.
    if (error instanceof RangeError) throw new ConfigError(['configuration: too many problems']);
    throw error;
  }
}

/** The whole configuration as a file that would give it again. */
const printConfig = (values: SettingValues): string => stringify(printSection(schema, values));

function setAt(values: Record<string, unknown>, keys: readonly string[], text: string): void {
  let at = values;
  for (const key of keys.slice(0, -1)) {
    const inner = at[key];
    const section: Record<string, unknown> =
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
    at[key] = section;
    at = section;
  }
  at[keys.at(-1) ?? ''] = text;
}

/** Keys known below a path of sections; those of a limit for a tenant's overrides. */
function keysAt(keys: readonly PropertyKey[]): readonly string[] {
  if (keys[0] === 'overrides' && keys.length === 2) return overrideNames;
  let at: AnySection | undefined = schema;
  for (const key of keys) {
    const member: Member | undefined = (at?.members as Record<string, Member> | undefined)?.[String(key)];
    at = member?.kind === 'section' ? member : undefined;
  }
  return Object.keys(at?.members ?? {});
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
