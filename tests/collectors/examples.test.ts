// The example of each source is a configuration that the gateway takes, with collectors that can be made of it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collectorNames, makeCollectors } from '../../src/collectors/collector-kinds.ts';
import { loadConfig } from '../../src/config/sources/load-config.ts';

const folder = fileURLToPath(new URL('../../docs/examples', import.meta.url));

it.each(collectorNames)('docs/examples/%s.yaml', async (source) => {
  const text = readFileSync(join(folder, `${source}.yaml`), 'utf8');
  const { config, warnings } = await loadConfig({ file: { name: source, text }, environment: {} });
  expect(warnings).toEqual([]);
  const [collector, ...others] = await makeCollectors(config.collectors, 'h', [source]);
  expect(others).toEqual([]);
  expect(collector?.health()).toMatchObject({ name: source, state: 'starting', hint: '' });
  // What is printed gives the same collectors again.
  const again = await loadConfig({ file: { name: 'printed', text: config.yaml }, environment: {} });
  expect(again.config.collectors).toEqual(config.collectors);
});

it('each source has its example', () => {
  const names = readdirSync(folder).map((name) => name.replace(/\.yaml$/, ''));
  expect(names).toEqual(expect.arrayContaining(collectorNames));
});

it.each([
  ['no RE2', 'docker:\n  relabel:\n    - { regex: "(?=x)" }\n', /invalid or unsupported Perl syntax/],
  [
    'two stages in one',
    'journal:\n  stages:\n    - { output: { source: a }, level: { source: b } }\n',
    /exactly one stage/,
  ],
  ['an unknown stage', 'journal:\n  stages:\n    - { shout: {} }\n', /shout/],
  ['a drop of everything', 'journal:\n  stages:\n    - drop: {}\n', /at least one of/],
  ['an unknown zone', 'syslog:\n  timezone: Mars/Olympus\n', /time zone/],
])('a mistake is named: %s', async (_, text, problem) => {
  await expect(loadConfig({ file: { name: 'f', text }, environment: {} })).rejects.toThrow(problem);
});
