// A shard of two addresses: whichever answers is used. Both lead to one engine here, which has no replication of its own.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ClickHouseStoreHost } from '../../src/clickhouse/main/host.ts';
import { openReader } from '../../src/clickhouse/read/reader.ts';
import { openWriter } from '../../src/clickhouse/write/writer.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';
import { components, describeWith } from '../real/require-component.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { linesOf, readAnyStore } from '../store/read.ts';
import { TestDatabase } from './open-clickhouse.ts';
import { Shim } from './shims.ts';

/** An address of the engine that can be out of reach. */
class Replica {
  isUp = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(engine: string) {
    const { hostname, port } = new URL(engine);
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      if (!this.isUp) {
        socket.destroy();
        return;
      }
      const forth = connect(Number(port), hostname);
      forth.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => forth.destroy());
      socket.pipe(forth).pipe(socket);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts what is under way, and what comes until it is up again. */
  down(): void {
    this.isUp = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.down();
    this.#server.close();
  }
}

describeWith(components.clickhouse, 'replicas', () => {
  let shim: Shim;
  let database: TestDatabase;
  let replicas: readonly [Replica, Replica];
  let host: ClickHouseStoreHost;
  beforeAll(async () => {
    shim = await Shim.start();
    database = await TestDatabase.open([shim]);
    replicas = [new Replica(shim.url), new Replica(shim.url)];
    const urls = await Promise.all(replicas.map((replica) => replica.listen()));
    // The tables are there: the engine cannot make replicated ones.
    const settings = { ...database.settings, shards: [urls], createSchema: false, insertRetryMs: 2000 };
    host = await ClickHouseStoreHost.open(settings);
  });
  afterAll(async () => {
    await host.close();
    for (const replica of replicas) replica.close();
    await database.close();
    await shim.stop();
  });

  let writer: ReturnType<typeof openWriter>;
  let reader: ReturnType<typeof openReader>;
  beforeEach(() => {
    for (const replica of replicas) replica.isUp = true;
    writer = openWriter(host.writerSettings().settings, {
      onHead: (head) => host.useHead(head),
      onCommitted: () => {},
    });
    reader = openReader(host.readerSettings());
  });
  afterEach(async () => {
    reader.close();
    await writer.close();
    await database.empty();
  });
  const append = (line: string): Promise<void> =>
    writer.append(
      entryColumns([{ stream: writer.stream('fake', labels({ app: 'a' })), ns: BigInt(Date.now()), line }]),
    );
  const read = async (): Promise<readonly string[]> =>
    linesOf(await readAnyStore(reader, host.snapshot())).toSorted();

  it('while either is out of reach the other takes entries and gives them', async () => {
    const sent: string[] = [];
    for (let round = 0; round < 6; round++) {
      const [down, up] = round % 2 === 0 ? replicas : replicas.toReversed();
      down?.down();
      if (up !== undefined) up.isUp = true;
      const line = `line ${round}`;
      await append(line);
      sent.push(line);
      expect(await read()).toEqual(sent);
    }
  });

  it('without any, entries are refused and questions are errors, until one is back', async () => {
    await append('before');
    for (const replica of replicas) replica.down();
    await expect(append('refused')).rejects.toThrow(StoreUnavailableError);
    await expect(read()).rejects.toThrow(StoreUnavailableError);
    replicas[1].isUp = true;
    await append('after');
    expect(await read()).toEqual(['after', 'before']);
  });
});
