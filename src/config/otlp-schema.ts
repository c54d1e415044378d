// Loki's `otlp_config`: which OTLP attributes become labels, which structured metadata, which go.
import { z } from 'zod';
import type { OtlpAction, OtlpAttributeRule, OtlpConfig } from '../ingest/limits/limits.ts';
import type { LoadedSettingType } from './setting-types.ts';
import { yamlType } from './values/yaml-type.ts';

const rule = <A extends OtlpAction>(...actions: [A, ...A[]]) =>
  z.strictObject({
    action: z.enum(actions),
    attributes: z.array(z.string()).default([]),
    regex: z.string().default(''),
  });

const shape = z.strictObject({
  resource_attributes: z
    .strictObject({
      ignore_defaults: z.boolean().default(false),
      attributes_config: z.array(rule('index_label', 'structured_metadata', 'drop')).default([]),
    })
    .prefault({}),
  scope_attributes: z.array(rule('structured_metadata', 'drop')).default([]),
  log_attributes: z.array(rule('index_label', 'structured_metadata', 'drop')).default([]),
  severity_text_as_label: z.boolean().default(false),
});

const printRules = (rules: readonly OtlpAttributeRule[]): unknown =>
  rules.map(({ action, attributes, regex }) => ({
    action,
    ...(attributes.length > 0 && { attributes: [...attributes] }),
    ...(regex !== '' && { regex }),
  }));

const written = yamlType({
  expected:
    'otlp_config as in Loki: resource_attributes {ignore_defaults, attributes_config: [{action, attributes, regex}]}, ' +
    'scope_attributes, log_attributes, with RE2 regexes',
  shape,
  make: (found): OtlpConfig => {
    const { resource_attributes: resource, scope_attributes: scope, log_attributes: log } = found;
    return {
      resourceAttributes: {
        ignoreDefaults: resource.ignore_defaults,
        attributesConfig: resource.attributes_config,
      },
      scopeAttributes: scope,
      logAttributes: log,
      severityTextAsLabel: found.severity_text_as_label,
    };
  },
  print: (config) => ({
    resource_attributes: {
      ignore_defaults: config.resourceAttributes.ignoreDefaults,
      attributes_config: printRules(config.resourceAttributes.attributesConfig),
    },
    scope_attributes: printRules(config.scopeAttributes),
    log_attributes: printRules(config.logAttributes),
    severity_text_as_label: config.severityTextAsLabel,
  }),
});

export const otlpConfig: LoadedSettingType<OtlpConfig> = {
  ...written,
  parse: async (value) => {
    const config = written.parse(value);
    return config !== undefined && (await areRegexes(config)) ? config : undefined;
  },
};

async function areRegexes({
  resourceAttributes,
  scopeAttributes,
  logAttributes,
}: OtlpConfig): Promise<boolean> {
  const rules = [...resourceAttributes.attributesConfig, ...scopeAttributes, ...logAttributes];
  const patterns = rules.flatMap(({ regex }) => (regex === '' ? [] : [regex]));
  if (patterns.length === 0) return true;
  const { checkRegex, RegexError } = await import('../regex/re2.ts');
  try {
    for (const pattern of patterns) checkRegex(pattern);
    return true;
  } catch (error) {
    if (error instanceof RegexError) return false;
    throw error;
  }
}
