import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** What tells who sends a request, and as whom: of HTTP/1 as well as of a stream of HTTP/2. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Pick<Socket, 'localAddress' | 'remoteAddress'>;
}
