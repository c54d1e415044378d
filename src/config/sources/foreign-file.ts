// Files of other programs: what tells them apart, so that one can say what to do with them.

const sectionsOf = {
  Promtail: ['scrape_configs', 'clients', 'client', 'positions', 'target_config'],
  Loki: [
    ...[
      'schema_config',
      'storage_config',
      'common',
      'ingester',
      'distributor',
      'compactor',
      'querier',
      'frontend',
    ],
    ...['query_range', 'query_scheduler', 'ingester_client', 'frontend_worker', 'chunk_store_config'],
    ...['table_manager', 'index_gateway', 'memberlist', 'runtime_config', 'pattern_ingester', 'bloom_build'],
    ...['limits_config', 'server'],
  ],
} as const;

export type ForeignProgram = keyof typeof sectionsOf;

/** Whose file has these keys at its top; a key that both have is taken for Loki's where nothing is Promtail's. */
export function programOf(keys: readonly string[]): ForeignProgram | undefined {
  for (const program of ['Promtail', 'Loki'] as const)
    if (sectionsOf[program].some((section) => keys.includes(section))) return program;
  return undefined;
}
