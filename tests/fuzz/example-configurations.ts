// Valid configuration files: the examples of the documentation, and every setting with its default.
import { readdirSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { loadConfig } from '../../src/config/sources/load-config.ts';

const folder = new URL('../../docs/examples/', import.meta.url);
/** Of a section in one file: an input stays short, and all settings are at the start of one. */
const settingsMax = 8;

export async function exampleConfigurations(): Promise<readonly string[]> {
  const examples = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  return [...examples, ...(await defaults())];
}

async function defaults(): Promise<string[]> {
  const sections = parse((await loadConfig({ environment: {} })).config.yaml) as Record<string, object>;
  return Object.entries(sections).flatMap(([section, settings]) => {
    const all = Object.entries(settings);
    const parts = Array.from({ length: Math.ceil(all.length / settingsMax) }, (_, i) =>
      all.slice(i * settingsMax, (i + 1) * settingsMax),
    );
    return parts.map((part) => stringify({ [section]: Object.fromEntries(part) }));
  });
}
