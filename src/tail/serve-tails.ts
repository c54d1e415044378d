// What the tail worker does: looks at every commit of tenants with subscribers and sends what their queries take.
import type { IngestForTail, TailForIngest } from '../ingest/client/ingest-protocol.ts';
import { ParseError } from '../logql/parse-error.ts';
import type { CommitReader } from '../store/commits.ts';
import { RpcPeer, type RpcPort } from '../threads/rpc.ts';
import { Subscription } from './subscription.ts';
import { TailMatcher } from './tail-matcher.ts';
import type { MainForTail, TailForMain, TailFrame } from './tail-protocol.ts';

/** Does from now on what comes over the port. */
export function serveTails(port: RpcPort, commits: CommitReader): void {
  const matcher = new TailMatcher(commits, (id, reason) => {
    main.notify('ended', { id, reason });
    void watch();
  });
  let ingest: RpcPeer<IngestForTail, TailForIngest> | undefined;
  const watch = async (): Promise<void> => {
    await ingest?.call('watch', { tenants: matcher.tenants });
  };
  let frames: TailFrame[] = [];
  /** After the timers and messages of this turn, which often make frames for many subscriptions. */
  const send = (frame: TailFrame): void => {
    if (frames.push(frame) > 1) return;
    setImmediate(() => {
      const sent = frames;
      frames = [];
      main.notify(
        'frames',
        { frames: sent },
        sent.map(({ frame: { buffer } }) => buffer as ArrayBuffer),
      );
    });
  };
  const main = new RpcPeer<MainForTail, TailForMain>(
    port,
    {
      connectIngest: ({ port: ingestPort }) => {
        ingest = new RpcPeer<IngestForTail, TailForIngest>(ingestPort, {
          committed: ({ batch, entries, streams, forgotten }) => {
            matcher.forget(forgotten);
            matcher.name(streams);
            if (matcher.batch(batch)) return;
            for (const [tenant, lost] of entries) main.notify('dropped', { tenant, entries: lost });
          },
        });
      },
      subscribe: async (request) => {
        matcher.add(
          new Subscription(request, {
            frame: (id, frame) => send({ id, frame }),
            dropped: (tenant, entries) => main.notify('dropped', { tenant, entries }),
            nowMs: () => performance.now(),
            after: (ms, run) => {
              const timer = setTimeout(run, ms);
              return () => clearTimeout(timer);
            },
          }),
        );
        await watch();
      },
      unsubscribe: async ({ id }) => {
        matcher.remove(id);
        await watch();
      },
      taken: ({ ids }) => {
        for (const id of ids) matcher.subscription(id)?.taken();
      },
    },
    { errors: [ParseError] },
  );
}
