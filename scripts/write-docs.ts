// npm run docs: writes the pages that are made from the program itself.
import { writeFileSync } from 'node:fs';
import { configurationPage } from './configuration-page.ts';
import { conformanceTable, shortConformanceTable, withTable } from './logql-page.ts';

const docs = new URL('../docs/', import.meta.url);
const { text, undescribed } = configurationPage();
writeFileSync(new URL('configuration.md', docs), text);
withTable(new URL('logql.md', docs), conformanceTable());
withTable(new URL('../README.md', docs), shortConformanceTable());
for (const name of undescribed)
  process.stderr.write(`no description of ${name} in setting-descriptions.ts\n`);
process.exitCode = undescribed.length > 0 ? 1 : 0;
