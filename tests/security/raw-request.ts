// Requests byte by byte, as no client library would send them.
import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends the text and gives all that comes back until the server closes, or until `enough` has come. */
export async function rawRequest(baseUrl: string, text: string, enough?: RegExp): Promise<string> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let received = '';
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (enough?.test(received)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  socket.write(text);
  await done;
  socket.destroy();
  return received;
}
