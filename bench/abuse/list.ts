// All attacks, in the order in which they run.
import type { Attack } from './attack.ts';
import { bodyAttacks } from './bodies.ts';
import { connectionAttacks } from './connections.ts';
import { http2Attacks } from './http2.ts';
import { passwordAttacks } from './passwords.ts';
import { syslogAttack } from './syslog.ts';
import { tailAttack } from './tails.ts';

/** What the machine gives an honest client that is alone. */
const nobody: Attack = { name: 'no attack', run: async () => {} };

export const attacks: readonly Attack[] = [
  nobody,
  ...bodyAttacks,
  ...connectionAttacks,
  tailAttack,
  ...passwordAttacks,
  syslogAttack,
  ...http2Attacks,
];
