// Connections whose native objects are never garbage collected. From Node 24.19 on the process aborts when one of
// better-sqlite3 12 is collected outside of JavaScript (github.com/WiseLibs/better-sqlite3/issues/1515); its line 13,
// which mends that, does not run on Node 20. So each thread keeps its connections and their statements: few of the
// first, and of the second one for each SQL text.
import Database from 'better-sqlite3';

const connections: Database.Database[] = [];

/**
 * Opens a connection whose `prepare` gives the same statement for the same text: who shares one must set its mode
 * (`raw`, `pluck`, `safeIntegers`) alike, and texts must not carry values. A pragma that sets something returns nothing.
 * Throws SQLite's error.
 */
export function openPinned(path: string, options: Database.Options): Database.Database {
  const database = new Database(path, options);
  connections.push(database);
  const statements = new Map<string, Database.Statement>();
  const prepare = (sql: string): Database.Statement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = Database.prototype.prepare.call(database, sql) as Database.Statement;
      statements.set(sql, statement);
    }
    return statement;
  };
  const pragma = (source: string, { simple = false }: Database.PragmaOptions = {}): unknown => {
    // What sets something may do so when it is compiled: once is not enough.
    if (source.includes('=')) return database.exec(`PRAGMA ${source}`) && [];
    const rows = prepare(`PRAGMA ${source}`).all();
    return simple ? Object.values((rows[0] as object | undefined) ?? {})[0] : rows;
  };
  return Object.assign(database, { prepare, pragma });
}
