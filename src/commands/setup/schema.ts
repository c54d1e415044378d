// `skald schema`: the tables of the store on ClickHouse, for who makes them by hand.
import { schemaStatements } from '../../clickhouse/server/schema.ts';
import { clickHouseSettings } from '../../clickhouse/settings.ts';
import { type Command, exitCodes } from '../cli/command.ts';

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the tables of the store on ClickHouse as SQL',
  usage: '[flags]',
  description: `
As the configuration wants them, for a store that is opened with store.clickhouse.create_schema off. To be run at every
replica.`,
  flags: [],
  configured: true,
  words: { min: 0, max: 0 },
  run: async ({ config, notes, out }) => {
    const { clickHouse } = await config();
    if (clickHouse === undefined) {
      await notes.write('store.kind is not clickhouse: there are no tables\n');
      return exitCodes.usage;
    }
    const statements = schemaStatements(clickHouseSettings(clickHouse));
    await out.write(statements.map((statement) => `${statement};\n`).join('\n'));
    return exitCodes.success;
  },
};
