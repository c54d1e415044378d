// Forged datagrams, each of another host and program.
import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack } from './attack.ts';

const burst = 50;
const pauseMs = 2;

export const syslogAttack: Attack = {
  name: 'syslog datagrams',
  environment: (port) => ({
    SKALD_COLLECTORS: 'syslog',
    SKALD_SYSLOG_UDP_PORT: String(port),
  }),
  run: async ({ sidePort, fromAddress }, signal) => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => {
      socket.bind(0, fromAddress, resolve);
    });
    for (let at = 0; !signal.aborted; ) {
      for (let of = 0; of < burst; of++, at++) {
        const text = `<13>1 ${new Date().toISOString()} host${at} app${at} - - - datagram ${'x'.repeat(200)}`;
        socket.send(text, sidePort, '127.0.0.1');
      }
      await delay(pauseMs);
    }
    socket.close();
  },
};
