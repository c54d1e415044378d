// `limits.overrides_file`: limits of tenants that change while the gateway runs.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, problemsOf, UnreadableFileError } from '../config-error.ts';
import { type OverrideValues, overrideNames, overrides } from '../limits-schema.ts';
import { systemErrorText } from './system-error-text.ts';
import { parseFile } from './yaml-source.ts';

const shape = z.strictObject({ overrides: overrides.zod });
/** The store's threads keep them: they change with `overrides` and a restart. */
const notHere = ['retention_period', 'retention_stream'];

/** Rejects with ConfigError that has line and column of every problem. */
export async function readOverridesFile(name: string): Promise<OverrideValues> {
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    throw new UnreadableFileError([systemErrorText(error)]);
  }
  return parseOverrides(name, text);
}

export async function parseOverrides(name: string, text: string): Promise<OverrideValues> {
  const { values, placeOf } = parseFile(name, text);
  // `overrides:` with nothing below it.
  const given = values.overrides === null ? { ...values, overrides: {} } : values;
  const checked = await shape.safeParseAsync(given, { reportInput: true });
  if (!checked.success) throw new ConfigError(problemsOf(checked.error.issues, placeOf, keysAt, () => ''));
  const problems = Object.entries(checked.data.overrides).flatMap(([tenant, own]) =>
    notHere
      .filter((limit) => limit in own)
      .map(
        (limit) =>
          `${placeOf(['overrides', tenant, limit])}: ${limit} belongs to overrides in the configuration itself`,
      ),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return checked.data.overrides;
}

const keysAt = (keys: readonly PropertyKey[]): readonly string[] =>
  keys.length === 0 ? ['overrides'] : keys.length === 2 ? overrideNames : [];
