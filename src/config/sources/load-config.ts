// YAML file, environment and flags → one frozen Config. Later sources win: file, environment, flags. This folder and
// src/gateway are the only readers of the environment.
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { type Config, type LimitsOfTenants, limitsOfTenants, toConfig } from '../config.ts';
import { ConfigError, problemsOf, suggestion } from '../config-error.ts';
import { type OverrideValues, overrideNames } from '../limits-schema.ts';
import { type SettingValues, schema } from '../schema.ts';
import { type AnySection, type Member, printSection, type SettingPath, settingPaths } from '../section.ts';
import { clientVariables } from './client-environment.ts';
import { escapeVariables } from './expand-variables.ts';
import type { FileSource } from './yaml-source.ts';

export interface ConfigSources {
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Dotted setting → text. */
  readonly flags?: Readonly<Record<string, string>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The limits with others from the file of overrides. */
  readonly limitsWith: (overrides: OverrideValues) => LimitsOfTenants;
  /** As YAML, without secrets. */
  readonly configText: (mode: ConfigMode) => Promise<string>;
  /** Things that are odd but not wrong, one line each. */
  readonly warnings: readonly string[];
  /** Those of the warnings that are about a variable which nobody but a person can have meant for a setting. */
  readonly mistypedVariables: readonly string[];
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

/** Rejects with ConfigError listing every problem of all sources. */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const file = sources.file && (await readFile(sources.file, sources.environment));
  const given = structuredClone(file?.values ?? {}) as Record<string, unknown>;
  const origins = new Map<string, string>();
  const warnings: string[] = [];
  const mistypedVariables: string[] = [];

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
      const warning = `environment ${variable}: no such setting${suggestion(variable, [...byVariable.keys()])}`;
      warnings.push(warning);
      if (!platformVariable.test(variable)) mistypedVariables.push(warning);
      continue;
    }
    setAt(given, path.keys, text);
    origins.set(path.keys.join('.'), `environment ${variable}`);
  }
  for (const [name, text] of Object.entries(sources.flags ?? {})) {
    setAt(given, name.split('.'), text);
    origins.set(name, `flag --${name}`);
  }

  const checked = await check(given);
  if (!checked.success)
    throw new ConfigError(
      problemsOf(
        checked.error.issues,
        (keys) => origins.get(keys.map(String).join('.')) ?? file?.placeOf(keys) ?? 'configuration',
        keysAt,
        hintFor,
      ),
    );
  const values = checked.data;
  const fromFile = await overridesIn(String(values.limits.overrides_file));
  const config = deepFreeze(toConfig(values, fromFile, printConfig(values)));
  const limitsWith = (overrides: OverrideValues): LimitsOfTenants =>
    deepFreeze(limitsOfTenants(values, overrides));
  return { config, limitsWith, configText: (mode) => configText(values, mode), warnings, mistypedVariables };
}

/** Loaded by those who have such a file. */
async function overridesIn(file: string): Promise<OverrideValues> {
  if (file === '') return {};
  const { readOverridesFile } = await import('./overrides-file.ts');
  return readOverridesFile(file);
}

async function readFile(
  { name, text }: { readonly name: string; readonly text: string },
  environment: ConfigSources['environment'],
): Promise<FileSource> {
  const { parseFile } = await import('./yaml-source.ts');
  const file = parseFile(name, text, environment);
  await refuseForeign(name, file);
  refuseFlat(file);
  return file;
}

/** What a platform says of a service called skald: SKALD_PORT_3100_TCP_ADDR, SKALD_SERVICE_HOST. */
const platformVariable = /^SKALD(_\w+)?_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))(_\w+)?$|^SKALD_PORT$/;

/** One word for a file of another program, instead of one for each of its keys. */
async function refuseForeign(name: string, { values, placeOf }: FileSource): Promise<void> {
  const foreign = Object.keys(values).filter((key) => !Object.hasOwn(schema.members, key));
  const { programOf } = await import('./foreign-file.ts');
  const program = programOf(foreign);
  if (program === undefined) return;
  throw new ConfigError([
    `${placeOf(foreign.slice(0, 1))}: this is a configuration of ${program}: "skald import-config ${name}" makes one of ` +
      `the gateway's of it (docs/migrating.md)`,
  ]);
}

/** What people write who come from elsewhere. */
const usualNames: Readonly<Record<string, string>> = {
  port: 'http.listen_port',
  path: 'include',
  paths: 'include',
  __path__: 'include',
};

/** One word for a section whose keys are not indented below it. */
function refuseFlat({ values, placeOf }: FileSource): void {
  for (const [name, value] of Object.entries(values)) {
    const member = (schema.members as unknown as Readonly<Record<string, Member>>)[name];
    if (value !== null || member?.kind !== 'section') continue;
    const strays = Object.keys(values).filter(
      (key) => !Object.hasOwn(schema.members, key) && Object.hasOwn(member.members, key),
    );
    if (strays.length === 0) continue;
    const shown = strays.slice(0, straysShownMax).join(', ');
    throw new ConfigError([
      `${placeOf([name])}: ${name}: nothing stands below it; indent its settings (${shown}${strays.length > straysShownMax ? ', …' : ''})`,
    ]);
  }
}

const straysShownMax = 5;
/** Settings of more sections than these are of no help. */
const homesShownMax = 2;

/** Of a key that is unknown where it stands. */
function hintFor(keys: readonly PropertyKey[]): string {
  const key = String(keys.at(-1));
  if (keys[0] === 'auth' && key === 'password')
    return '; a password is given as password_hash, which "skald hash-password" prints, or in a password_file';
  const usual = usualNames[key];
  if (usual !== undefined) return `; did you mean "${usual}"?`;
  const homes = [...settingsByName.keys()].filter((name) => name.endsWith(`.${key}`));
  if (homes.length === 0 || homes.length > homesShownMax) return '';
  return `; did you mean ${homes.map((name) => `"${name}"`).join(' or ')}?`;
}

async function check(
  values: Readonly<Record<string, unknown>>,
): Promise<ReturnType<typeof schema.zod.safeParse>> {
  try {
    return await schema.zod.safeParseAsync(values, { reportInput: true });
  } catch (error) {
    // Hundreds of thousands of problems in one list are more than zod can gather.
    if (error instanceof RangeError) throw new ConfigError(['configuration: too many problems']);
    throw error;
  }
}

/** All that is in force, what differs from the defaults, or the defaults. */
export type ConfigMode = 'all' | 'diff' | 'defaults';

async function configText(values: SettingValues, mode: ConfigMode): Promise<string> {
  if (mode === 'all') return printConfig(values);
  const defaults = (await schema.zod.parseAsync({})) as SettingValues;
  if (mode === 'defaults') return printConfig(defaults);
  const own = difference(printSection(schema, values), printSection(schema, defaults));
  return escapeVariables(stringify(own ?? {}));
}

/** What of a mapping is another than in the second; undefined: nothing. */
function difference(value: unknown, other: unknown): unknown {
  if (isDeepStrictEqual(value, other)) return undefined;
  const isMapping = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!isMapping(value) || !isMapping(other)) return value;
  const members = Object.entries(value).map(([key, one]) => [key, difference(one, other[key])] as const);
  return Object.fromEntries(members.filter(([, one]) => one !== undefined));
}

/** The whole configuration as a file that would give it again. */
const printConfig = (values: SettingValues): string =>
  escapeVariables(stringify(printSection(schema, values)));

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
