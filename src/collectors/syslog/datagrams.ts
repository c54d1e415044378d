// Syslog by UDP. Nobody can be told to wait, so what is lost is counted: here, where there is no room, and by the system,
// whose buffer was full before a datagram could be read.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ListenersOptions } from './listeners.ts';
import { plainAddress } from './plain-address.ts';
import { SocketDrops } from './socket-drops.ts';

type DatagramOptions = Pick<
  ListenersOptions,
  'settings' | 'onDatagram' | 'datagramsFull' | 'onDropped' | 'onFailure'
>;

const askForDropsMs = 2_000;

/** Opens the socket; gives what closes it. Rejects with the system's error when it cannot be opened. */
export async function receiveDatagrams(options: DatagramOptions): Promise<() => void> {
  const { settings, onDatagram, datagramsFull, onDropped, onFailure } = options;
  const socket = createSocket({
    type: settings.listenAddress.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: settings.udpReceiveBufferBytes,
  });
  try {
    socket.bind(settings.udpPort, settings.listenAddress);
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', onFailure);
  socket.on('message', (bytes, { address }) => {
    if (datagramsFull())
      onDropped(1, 'Datagrams come faster than they can be stored, and some were thrown away: use TCP.');
    else onDatagram(bytes, plainAddress(address));
  });
  const drops = new SocketDrops(socket.address().port);
  let asking: NodeJS.Timeout;
  const ask = async (): Promise<void> => {
    const count = await drops.since();
    if (count > 0) onDropped(count, dropsHint(socket, settings.udpReceiveBufferBytes));
    asking = setTimeout(ask, askForDropsMs).unref();
    if (isClosed) clearTimeout(asking);
  };
  let isClosed = false;
  await ask();
  return () => {
    isClosed = true;
    clearTimeout(asking);
    socket.close();
  };
}

function dropsHint(socket: Socket, wantedBytes: number): string {
  // Linux tells twice what it gives: the half is for its own records.
  const givenBytes = socket.getRecvBufferSize() / 2;
  const wayOut =
    givenBytes < wantedBytes
      ? `it gives ${givenBytes} of the ${wantedBytes} bytes asked for: raise net.core.rmem_max, or use TCP`
      : 'raise syslog.udp_receive_buffer, or use TCP';
  return `The system dropped datagrams whose buffer was full before they could be read; ${wayOut}.`;
}
