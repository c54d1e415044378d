// The process of one attack, started by abuse.ts: tsx bench/abuse-attacker.ts <attack> <seconds> <port> <side port>.
// It ends with its time, or with the process that started it.
import { setMaxListeners } from 'node:events';
import { attacks } from './abuse/list.ts';

const [, , name, seconds, port, sidePort] = process.argv;
const attack = attacks.find((one) => one.name === name);
if (attack === undefined) throw new Error(`there is no attack ${name}`);
const abort = new AbortController();
// Each request under way listens.
setMaxListeners(0, abort.signal);
process.on('disconnect', () => process.exit(0));
const endMs = Number(seconds) * 1000;
setTimeout(() => abort.abort(), endMs);
/** One that cannot be stopped otherwise. */
const graceMs = 5000;
setTimeout(() => process.exit(0), endMs + graceMs);
await attack.run({ fromAddress: '127.0.0.1', port: Number(port), sidePort: Number(sidePort) }, abort.signal);
process.exit(0);
