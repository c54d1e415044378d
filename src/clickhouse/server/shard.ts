// One shard: replicas of the same tables, asked in order until one answers.
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { QueryLimitError } from '../../scan/query-errors.ts';
import { StoreUnavailableError } from '../../store/store.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { codeOf, insertError, isDoubtful, isOfReplica, queryError } from './failures.ts';
import type { Statement } from './statement.ts';

/** An insert of rows that are stored whole or not at all, however often it is sent under its token. */
export interface Insert {
  readonly table: string;
  readonly columns: string;
  /** RowBinary. */
  readonly body: Uint8Array;
  readonly token: string;
}

/** Sockets to one replica; a thread has few statements at a time. */
const connectionsMax = 16;
/** Between two tries of an insert, doubling. */
const retryMsMin = 100;
const retryMsMax = 2000;
/** Sockets are given up after the server has given up the statement. */
const socketGraceMs = 10_000;

/** What each statement is told: limits, and readings that are exact. */
const readSettings = {
  // An error in the middle of an answer is an error, not the end of the answer.
  wait_end_of_query: 1,
  cancel_http_readonly_queries_on_client_close: 1,
  // Copies of an entry are equal in all that filters look at: filters may run before copies are collapsed.
  optimize_move_to_prewhere_if_final: 1,
  use_skip_indexes_if_final: 1,
  use_skip_indexes_if_final_exact_mode: 0,
} as const;

const insertSettings = {
  // Without these an answer does not mean that the rows are stored, and a token is not looked at.
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
} as const;

interface Replica {
  readonly url: string;
  readonly client: ClickHouseClient;
}

export class Shard {
  /** How messages name it. */
  readonly name: string;
  readonly #replicas: readonly Replica[];
  readonly #settings: ClickHouseSettings;

  constructor(settings: ClickHouseSettings, index: number) {
    const urls = settings.shards[index] ?? [];
    this.#settings = settings;
    this.name = `shard ${index + 1} (${urls.map((url) => new URL(url).host).join(', ')})`;
    this.#replicas = urls.map((url) => ({ url, client: clientOf(url, settings) }));
  }

  /** The answer's bytes. Rejects with StoreUnavailableError when no replica answers, with QueryLimitError for too many. */
  async query(statement: Statement, signal?: AbortSignal): Promise<Buffer> {
    let last: unknown;
    for (const { client } of this.#tries()) {
      try {
        const { stream } = await client.exec({
          query: statement.sql,
          query_params: statement.values,
          clickhouse_settings: {
            ...readSettings,
            max_execution_time: this.#settings.statementTimeoutMs / 1000,
          },
          ...(signal !== undefined && { abort_signal: signal }),
        });
        return await bytesOf(stream, this.#settings.answerBytesMax);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof QueryLimitError || !isOfReplica(error)) throw queryError(error);
        last = error;
      }
    }
    throw unavailable(this.name, last);
  }

  /** Rows as arrays of JSON values; 64-bit integers are to be selected as text. */
  async rows<Row extends readonly unknown[]>(
    statement: Statement,
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    const text = (await this.query(statement, signal)).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  /**
   * Resolves when the rows are stored. While it is in doubt whether they are, it sends them again, to all replicas in
   * turn. Rejects with StoreFullError, and with StoreUnavailableError when no certainty was to be had.
   */
  async insert({ table, columns, body, token }: Insert): Promise<void> {
    const untilMs = Date.now() + this.#settings.insertRetryMs;
    let waitMs = retryMsMin;
    for (let attempt = 0; ; attempt++) {
      const { client } = this.#replicas[attempt % this.#replicas.length] as Replica;
      try {
        const { stream } = await client.exec({
          query: `INSERT INTO ${this.#settings.database}.${table} (${columns}) FORMAT RowBinary`,
          values: Readable.from([body], { objectMode: false }),
          clickhouse_settings: {
            ...insertSettings,
            insert_deduplication_token: token,
            ...(this.#replicas.length > 1 && {
              insert_quorum: 'auto',
              insert_quorum_parallel: 1,
              insert_quorum_timeout: 8000,
              // By default a lost Keeper is waited for longer than any client waits.
              insert_keeper_max_retries: '3',
            }),
          },
        });
        await bytesOf(stream, this.#settings.answerBytesMax);
        return;
      } catch (error) {
        if (!isDoubtful(error)) throw insertError(error);
        if (Date.now() + waitMs > untilMs) throw unavailable(this.name, error);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        waitMs = Math.min(2 * waitMs, retryMsMax);
      }
    }
  }

  /** A statement without an answer, such as DDL, at every replica. */
  async everywhere(sql: string): Promise<void> {
    for (const { client } of this.#replicas) {
      try {
        await client.command({ query: sql });
      } catch (error) {
        if (codeOf(error) !== undefined) throw error;
        throw unavailable(this.name, error);
      }
    }
  }

  /** A statement without an answer, at the first replica that takes it; the others follow by replication. */
  async command(sql: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
    let last: unknown;
    for (const { client } of this.#tries()) {
      try {
        await client.command({ query: sql, query_params: values });
        return;
      } catch (error) {
        if (!isOfReplica(error)) throw error;
        last = error;
      }
    }
    throw unavailable(this.name, last);
  }

  /** A lone replica twice: a socket that was kept open may have been closed by the other end just now. */
  #tries(): readonly Replica[] {
    const [only] = this.#replicas;
    return only !== undefined && this.#replicas.length === 1 ? [only, only] : this.#replicas;
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ client }) => client.close()));
  }
}

function clientOf(url: string, { user, password, tls, statementTimeoutMs }: ClickHouseSettings) {
  return createClient({
    url,
    username: user,
    password,
    application: 'skald',
    // What goes wrong is told by whoever asked.
    log: { level: ClickHouseLogLevel.OFF },
    max_open_connections: connectionsMax,
    request_timeout: statementTimeoutMs + socketGraceMs,
    ...(tls !== undefined && {
      tls: {
        ca_cert: Buffer.from(tls.ca),
        ...(tls.client !== undefined && {
          cert: Buffer.from(tls.client.cert),
          key: Buffer.from(tls.client.key),
        }),
      },
    }),
  });
}

async function bytesOf(stream: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax)
      throw new QueryLimitError(
        `the query would fetch more than ${bytesMax} bytes at once from ClickHouse: narrow it`,
      );
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function unavailable(shard: string, cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailableError(`ClickHouse ${shard} cannot be used: ${reason}`, { cause });
}
