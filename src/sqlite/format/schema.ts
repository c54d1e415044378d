// The tables of a store and the version of their format.

/** 'SKLD': tells our files from other SQLite databases. */
export const applicationId = 0x53_4b_4c_44;
/**
 * `user_version`. Raise it with any change that an older program would misread. Format 2 added tables, format 3 allows
 * filter columns of version 2, format 4 added `block_gone`, an index by flush and the groups of filters, format 5 allows
 * lines columns of version 2, format 6 added `day_counts`.
 */
export const formatVersion = 6;
/** Stores from this format on have all tables: what only reads needs no more. */
export const tablesVersion = 2;

/**
 * Of a new store: it cannot change afterwards, and older ones have 16 KB. A page is on average half empty where a block's
 * bytes end, and two filters of full blocks fill one; with smaller pages reading a block takes more steps.
 */
export const pageBytes = 8192;

/**
 * `block` is narrow and without rowid: a plan reads only it. `flush` and `until` say from which flush on a block
 * is visible and from which on it no longer is (NULL: still is); `meta.flushed` holds the newest complete flush.
 * Streams become durable in another order than they got their ids; `stream.row` is the order in which readers learn
 * of them. The label index lives in memory only, made from `stream`: a table of it would double each new stream's writes.
 */
export const schemaSql = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stream(row INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, tenant TEXT NOT NULL,
  labels TEXT NOT NULL);
CREATE TABLE stream_time(stream INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL);
CREATE TABLE wal(seq INTEGER PRIMARY KEY, raw INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE checkpoint(source TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE TABLE block(stream INTEGER NOT NULL, t0 INTEGER NOT NULL, id INTEGER NOT NULL, t1 INTEGER NOT NULL,
  n INTEGER NOT NULL, raw INTEGER NOT NULL, metadata_raw INTEGER NOT NULL, size INTEGER NOT NULL,
  filter_size INTEGER NOT NULL, flags INTEGER NOT NULL, flush INTEGER NOT NULL, until INTEGER, counts BLOB,
  PRIMARY KEY(stream, t0, id)) WITHOUT ROWID;
CREATE INDEX block_t1 ON block(t1);
CREATE INDEX block_until ON block(until) WHERE until IS NOT NULL;
CREATE TABLE block_data(id INTEGER PRIMARY KEY, ts BLOB NOT NULL, meta BLOB NOT NULL, lines BLOB NOT NULL);
CREATE TABLE block_filter(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
INSERT INTO meta VALUES
  ('flushed', 0),          -- newest complete flush
  ('flush_started', 0),    -- newest begun flush: differs after a crash between its transactions
  ('flushed_through', 0),  -- commits up to this one are in blocks
  ('next_block', 1),
  ('stream_removals', 0);  -- counts removals of streams: readers then load the index anew
`;

/** What format 2 adds: a store of format 1 gets it when it is opened, a new one at once. */
export const schemaSql2 = `
CREATE TABLE delete_request(row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL,
  query TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, created INTEGER NOT NULL,
  status INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, deleted INTEGER NOT NULL);
INSERT INTO meta VALUES
  ('delete_changes', 0),   -- counts changes of the requests that hide entries: readers then load them anew
  ('times_changes', 0),    -- counts changes of stream_time
  ('block_changes', 0);    -- counts what besides flushes changes the visible blocks: readers keep their rows
CREATE TRIGGER block_deleted AFTER DELETE ON block WHEN OLD.until IS NULL
  BEGIN UPDATE meta SET value = value + 1 WHERE key = 'block_changes'; END;
CREATE TRIGGER block_marked AFTER UPDATE OF flags ON block
  BEGIN UPDATE meta SET value = value + 1 WHERE key = 'block_changes'; END;
`;

/**
 * What format 4 adds. Readers keep the heads of all blocks and follow what changes: `block_flush` holds all of a head, in
 * the order in which blocks became visible, and `block_gone` logs the ids of those that are deleted or found damaged.
 */
export const schemaSql4 = `
CREATE INDEX block_flush ON block(flush, until, t1, n, raw, metadata_raw, flags);
CREATE TABLE block_gone(row INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL);
CREATE TRIGGER block_gone_deleted AFTER DELETE ON block
  BEGIN INSERT INTO block_gone(id) VALUES (OLD.id); END;
CREATE TRIGGER block_gone_damaged AFTER UPDATE OF flags ON block WHEN NEW.flags & 8 <> 0
  BEGIN INSERT INTO block_gone(id) VALUES (NEW.id); END;
CREATE TABLE filter_group(id INTEGER PRIMARY KEY AUTOINCREMENT, filter_bytes INTEGER NOT NULL, members INTEGER NOT NULL,
  ready INTEGER NOT NULL, ids BLOB NOT NULL);
CREATE TABLE filter_slice(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
INSERT INTO meta VALUES ('filter_groups', 0); -- counts groups that became ready
`;

/** What format 6 adds: counts of whole days of a stream (day-counts.ts). */
export const schemaSql6 = `
CREATE TABLE day_counts(id INTEGER PRIMARY KEY, ids BLOB NOT NULL, counts BLOB NOT NULL);
`;

/** Bits of `block.flags` that are the row's own, above those of the block (blockFlags). */
export const rowFlags = {
  /** Reading met damage: readers leave the block out. */
  damaged: 8,
  /** Written by compaction at its level: it will not become smaller. */
  recompressed: 16,
} as const;
