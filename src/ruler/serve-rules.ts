// The ruler's thread: rules are read, templates executed and posts sent here.
import type { MessagePort } from 'node:worker_threads';
import type { RuleStore } from '../store/rule-store.ts';
import { RpcPeer } from '../threads/rpc.ts';
import type { MainForRuler, RulerForMain } from './ruler-protocol.ts';
import { RulerService } from './ruler-service.ts';

/** Answers the main thread; `openStore` is called when the ruler is opened, and throws when the store cannot be. */
export function serveRules(port: MessagePort, openStore: () => RuleStore): void {
  const service = new RulerService(openStore, {
    queries: {
      instant: (request, signal) => main.call('instant', request, { signal }),
      instants: (request, signal) => main.call('instants', request, { signal }),
      lines: (request, signal) => main.call('lines', request, { signal }),
    },
    nowMs: () => Date.now(),
    log: (level, fields, message) => main.notify('log', { level, fields, message }),
  });
  const main: RpcPeer<MainForRuler> = new RpcPeer<MainForRuler, RulerForMain>(port, service.handlers());
}
