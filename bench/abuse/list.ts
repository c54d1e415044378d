// All attacks, in the order in which they run.
import type { Attack } from './attack.ts';
import { bodyAttacks } from './bodies.ts';
import { connectionAttacks } from './connections.ts';
import { passwordAttacks } from './passwords.ts';
import { syslogAttack } from './syslog.ts';
import { tailAttack } from './tails.ts';

export const attacks: readonly Attack[] = [
  ...bodyAttacks,
  ...connectionAttacks,
  tailAttack,
  ...passwordAttacks,
  syslogAttack,
];
