// Datagrams that the system dropped at a socket of ours, as Linux counts them in /proc/net/udp and /proc/net/udp6:
//   sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops

import { readdir, readFile, readlink } from 'node:fs/promises';

const tables = ['/proc/self/net/udp', '/proc/self/net/udp6'];

interface Row {
  readonly port: number;
  readonly inode: string;
  readonly drops: number;
}

/** Rows of one of the tables; lines that are none are left out. */
export const socketRows = (table: string): readonly Row[] =>
  table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, port] = /^[0-9A-F]+:([0-9A-F]{4})$/.exec(fields[1] ?? '') ?? [];
    const inode = fields[9];
    const drops = Number(fields[12]);
    if (port === undefined || inode === undefined || !Number.isSafeInteger(drops)) return [];
    return [{ port: Number.parseInt(port, 16), inode, drops }];
  });

/** Counts the drops at the socket of this process that is bound to a port. */
export class SocketDrops {
  readonly #port: number;
  #inodes: ReadonlySet<string> | undefined;
  #last = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Drops since it was last asked. 0 where the system does not tell. */
  async since(): Promise<number> {
    const rows = (await Promise.all(tables.map(rowsOf))).flat().filter(({ port }) => port === this.#port);
    this.#inodes ??= await ownSockets();
    const total = rows.reduce((sum, { inode, drops }) => sum + (this.#inodes?.has(inode) ? drops : 0), 0);
    const since = total - this.#last;
    this.#last = total;
    return Math.max(0, since);
  }
}

const rowsOf = async (path: string): Promise<readonly Row[]> =>
  socketRows(await readFile(path, 'latin1').catch(() => ''));

/** Inodes of this process' sockets: other processes may be bound to the same port. */
async function ownSockets(): Promise<ReadonlySet<string>> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const links = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
