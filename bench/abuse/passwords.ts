// Wrong passwords, as many as there is time for.
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import type { Attack } from './attack.ts';
import { honestToken } from './honest.ts';
import { repeat } from './send.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const connections = 16;

export const passwordAttacks: readonly Attack[] = ['known', 'unknown'].map((user) =>
  repeat(
    `passwords of an ${user} user`.replace('an known', 'a known'),
    (round) => ({ path: '/loki/api/v1/labels', headers: { authorization: basic(`${user}:${round}`) } }),
    connections,
    () => ({
      SKALD_AUTH_USER: 'known',
      SKALD_AUTH_PASSWORD_HASH: hashPassword('right'),
      SKALD_AUTH_TOKEN: honestToken,
    }),
  ),
);
