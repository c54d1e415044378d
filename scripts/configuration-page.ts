// docs/configuration.md from the schema of the configuration.
import { parse } from 'yaml';
import { schema } from '../src/config/schema.ts';
import type { AnySection, Member } from '../src/config/section.ts';
import { environmentName, loadConfig, settingsByName } from '../src/config/sources/load-config.ts';
import { sectionDescriptions, settingDescriptions } from './setting-descriptions.ts';

/** The page, and the settings nobody has described. */
export function configurationPage(): { readonly text: string; readonly undescribed: readonly string[] } {
  const undescribed: string[] = [];
  const describe = (name: string): string => {
    const text = settingDescriptions[name] ?? settingDescriptions[name.split('.').at(-1) ?? ''];
    if (text === undefined) undescribed.push(name);
    return text ?? '';
  };
  const sections = sectionsOf(schema, []).map(({ keys, members }) => {
    const title = keys.join('.');
    if (sectionDescriptions[title] === undefined) undescribed.push(`section ${title}`);
    const rows = members.map(([key, member]) => {
      const name = [...keys, key].join('.');
      return `| \`${key}\` | ${member.kind === 'nested' ? '' : cell(defaultOf([...keys, key]))} | ${expected(name)} | ${cellText(describe(name))} |`;
    });
    const heading = title === '' ? 'General' : `\`${title}\``;
    return [
      `## ${heading}`,
      '',
      `${sectionDescriptions[title] ?? ''}.`,
      '',
      '| key | default | value | |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  });
  return { text: `${head}\n${sections.join('\n')}`, undescribed };
}

const head = `# Configuration

<!-- Made by \`npm run docs\` from the schema; change src/config or scripts/setting-descriptions.ts instead. -->

A YAML file (\`--config.file skald.yaml\` or \`SKALD_CONFIG_FILE\`), environment variables, and flags; flags win over the
environment, the environment over the file. The key \`listen_port\` of the section \`http\` is
\`${environmentName(['http', 'listen_port'])}\` in the environment and \`--http.listen_port\` as a flag. Settings marked
"file only" have no variable and no flag.

\`skald --print-config\` prints all of it as it is in force, \`skald check-config --config.file skald.yaml\` says what is
wrong and where. Sizes are written \`256KB\` or \`16MB\` (powers of 1024), durations \`7d\`, \`1h30m\` or \`500ms\`, lists
in variables and flags with commas. A value of the file may hold \`\${VAR}\` or \`\${VAR:default}\`; \`$\${VAR}\` stands for the
text \`\${VAR}\`.

\`\`\`yaml
# skald.yaml
data_dir: /var/lib/skald
retention_period: 30d
http:
  listen_address: 0.0.0.0
files:
  paths: [/var/log/nginx/*.log]
  labels: { job: nginx }
limits:
  max_line_size: 1MB
\`\`\`
`;

interface SectionRows {
  readonly keys: readonly string[];
  readonly members: readonly (readonly [key: string, member: Member])[];
}

function sectionsOf(section: AnySection, keys: readonly string[]): readonly SectionRows[] {
  const members = Object.entries(section.members as Record<string, Member>);
  const own = members.filter(([, member]) => member.kind !== 'section');
  const inner = members.flatMap(([key, member]) =>
    member.kind === 'section' ? sectionsOf(member, [...keys, key]) : [],
  );
  return [...(own.length > 0 ? [{ keys, members: own }] : []), ...inner];
}

const defaults: unknown = parse((await loadConfig({ environment: {} })).config.yaml);

const defaultOf = (keys: readonly string[]): unknown =>
  keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], defaults);

function cell(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
  return text === '' ? '' : `\`${cellText(text)}\``;
}

const expected = (name: string): string => {
  const path = settingsByName.get(name);
  return path === undefined ? 'file only' : cellText(path.type.expected);
};

const cellText = (text: string): string => text.replaceAll('|', '\\|');
