// Names under which structured lines carry their time and level, the likeliest first.

export const timeFields: readonly string[] = [
  'time',
  'timestamp',
  'ts',
  '@timestamp',
  '@t',
  'datetime',
  'date',
  'eventTime',
];

export const levelFields: readonly string[] = [
  'level',
  'severity',
  'lvl',
  'loglevel',
  'log.level',
  'levelname',
  '@l',
  'severity_text',
];
