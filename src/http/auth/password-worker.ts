// Thread entry of the checks of passwords: one after the other, as slow as they are meant to be.
import { parentPort } from 'node:worker_threads';
import { RpcPeer } from '../../threads/rpc.ts';
import { takePriority } from '../../threads/thread-priority.ts';
import { isPassword } from './password-hash.ts';
import type { PasswordService } from './password-thread.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('passwords');
new RpcPeer<object, PasswordService>(parentPort, {
  // Each of the hashes is worked out, whichever is asked for.
  check: ({ password, hashes, own }) => hashes.map((hash) => isPassword(password, hash))[own] === true,
});
