// systemd-journal-upload: a request has all entries since the last one, which at first is a whole journal. It is stored
// piece by piece while it comes, and answered when all of it is durable: only then does the uploader move its cursor.
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { CorruptExportError } from '../../formats/journal-export.ts';
import type { PushResponse } from '../../ingest/client/ingest-service.ts';
import { mebibyte } from '../../model/units.ts';
import type { Gateway } from '../server/api.ts';
import type { BytePlace } from '../server/byte-room.ts';
import { BodyAbortedError, BodyRefusedError } from '../server/collect-body.ts';
import { askForBody } from '../server/expect-continue.ts';
import { letTakeLong } from '../server/refuse-unreadable.ts';
import { ExportPieces } from './export-pieces.ts';
import { handOver, overloaded, type PushParts } from './receive-push.ts';

const contentType = 'application/vnd.fdo.journal';
/** What is pushed at one go. */
const pieceBytes = mebibyte;
/** A piece that is to come later is sent again this many times: the uploader itself would end. */
const triesMax = 20;
const retryAfterSecondsMax = 5;

export class JournalUpload {
  readonly #gateway: Gateway;
  readonly #parts: PushParts;
  readonly #request: IncomingMessage;
  readonly #tenant: string;
  readonly #pieces: ExportPieces;
  /** Of what is not stored yet. */
  #place: BytePlace;
  #refusedText = '';

  constructor(gateway: Gateway, parts: PushParts, request: IncomingMessage, tenant: string) {
    this.#gateway = gateway;
    this.#parts = parts;
    this.#request = request;
    this.#tenant = tenant;
    this.#pieces = new ExportPieces(gateway.settings.pushBodyBytesMax);
    this.#place = this.#enter();
  }

  /** The answer; undefined when the uploader has gone. */
  async receive(): Promise<PushResponse | undefined> {
    const given = this.#request.headers['content-type'] ?? '';
    if (given.split(';', 1)[0]?.trim().toLowerCase() !== contentType)
      return { status: 415, message: `the content type must be ${contentType}` };
    if ((this.#request.headers['content-encoding'] ?? 'identity') !== 'identity')
      return { status: 415, message: 'a journal comes without a content encoding' };
    letTakeLong(this.#request);
    try {
      return (await this.#body()) ?? { status: 202, message: 'OK.' };
    } catch (error) {
      if (error instanceof CorruptExportError)
        return { status: 400, message: `no journal export: ${error.message}` };
      if (error instanceof BodyRefusedError) {
        this.#gateway.metrics.pushOverload.inc();
        return overloaded(this.#gateway.settings.pushBytesInFlightMax);
      }
      if (error instanceof BodyAbortedError) return undefined;
      throw error;
    } finally {
      this.#place.end();
      if (this.#refusedText !== '')
        this.#gateway.logger.warn(
          { tenant: this.#tenant },
          `entries of a journal were refused: ${this.#refusedText}`,
        );
    }
  }

  /** Undefined: all of it is stored. */
  async #body(): Promise<PushResponse | undefined> {
    const request = this.#request;
    const { requestTimeoutMs } = this.#gateway.settings;
    askForBody(request);
    const gone = (): void => {
      request.destroy();
    };
    // Something must come in this time; pushes under way are not the uploader's to answer for.
    const idle = requestTimeoutMs === 0 ? undefined : setTimeout(gone, requestTimeoutMs);
    this.#place.onTooSlow(gone);
    try {
      // Left as it is when it is refused in its middle: it is still to be answered.
      const chunks: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        if (!this.#place.take(chunk.length)) throw new BodyRefusedError('no room for the body');
        this.#pieces.add(chunk);
        if (this.#pieces.wholeBytes < pieceBytes) {
          idle?.refresh();
          continue;
        }
        const refused = await this.#push();
        if (refused !== undefined) return refused;
        idle?.refresh();
        this.#place.onTooSlow(gone);
      }
    } catch (error) {
      if (request.destroyed && !request.complete) throw new BodyAbortedError('the uploader has gone');
      throw error;
    } finally {
      clearTimeout(idle);
    }
    if (this.#pieces.restBytes > 0) throw new CorruptExportError('an entry that does not end');
    return this.#pieces.wholeBytes === 0 ? undefined : this.#push();
  }

  /** Pushes the whole entries. Undefined: they are stored. */
  async #push(): Promise<PushResponse | undefined> {
    const piece = this.#pieces.take();
    const place = this.#place;
    place.arrived();
    try {
      for (let tries = 1; ; tries++) {
        const answer = await handOver(this.#gateway, this.#request, {
          ...{ tenant: this.#tenant, format: 'journal' as const, body: piece.slice(0), options: {} },
          ...{ contentType, contentEncoding: undefined },
        });
        const isForLater = answer.status === 429 || answer.status === 503;
        if (isForLater && tries < triesMax) {
          await delay(Math.min(answer.retryAfterSeconds ?? 1, retryAfterSecondsMax) * 1000);
          if (!this.#request.socket.destroyed) continue;
        }
        if (answer.status >= 300) return answer;
        this.#refusedText ||= answer.message;
        return undefined;
      }
    } finally {
      place.end();
      this.#place = this.#enter();
      this.#place.take(this.#pieces.restBytes);
    }
  }

  #enter(): BytePlace {
    const { budget, peers } = this.#parts;
    return budget.pushes.enter(this.#tenant, peers.ofRequest(this.#request));
  }
}
