// Checks of passwords, counted instead of timed: what work each costs, who waits for whom, what is remembered.
import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/http/auth/credentials.ts';
import { PasswordChecks } from '../../src/http/auth/password-checks.ts';
import { costOf, decoyHash, hashPassword, isPassword } from '../../src/http/auth/password-hash.ts';
import type { PasswordWork } from '../../src/http/auth/password-thread.ts';
import { HttpError } from '../../src/http/server/http-error.ts';

const hash = hashPassword('right');
const costHash = (cost: string): string => decoyHash(`scrypt:${cost}:${hash.split(':').slice(4).join(':')}`);
const user = (name: string, of = hash): Credential => ({
  ...{ name, kind: 'user', hash: of, scopes: ['query'], tenants: [] },
});

/** Checks whose work is answered when told, by the order in which it begins. */
function heldChecks(users: readonly Credential[]) {
  const begun: { readonly work: PasswordWork; readonly answer: (right: boolean) => void }[] = [];
  const checks = new PasswordChecks(users, (work) => new Promise((answer) => begun.push({ work, answer })));
  return { checks, begun };
}

/** Checks that are answered at once; `right` is everybody's password. */
function countedChecks(users: readonly Credential[]) {
  const works: PasswordWork[] = [];
  const checks = new PasswordChecks(users, async (work) => {
    works.push(work);
    return work.own >= 0 && work.password === 'right';
  });
  return { checks, works };
}

const statusOf = (checked: Promise<unknown>): Promise<unknown> =>
  checked.then(
    (found) => (found === undefined ? 'wrong' : 'right'),
    (error: unknown) => (error instanceof HttpError ? error.status : error),
  );

describe('the work of a check', () => {
  const cheap = '1024:8:1';
  const dear = '131072:8:1';
  it.each([
    ['hashes of one cost', [user('ann'), user('bob')], ['16384:8:1']],
    [
      'hashes of several',
      [user('ann'), user('bob', costHash(dear)), user('eve', costHash(cheap))],
      ['16384:8:1', dear, cheap],
    ],
  ])('is the same for everybody, known or not: %s', async (_name, users, costs) => {
    const { checks, works } = countedChecks(users);
    for (const name of ['ann', 'bob', 'eve', 'nobody', '']) await checks.userOf(name, 'wrong', 'a');
    expect(works).toHaveLength(5);
    for (const { hashes } of works) expect(hashes.map(costOf)).toEqual(costs);
  });

  it('means the hash of the user, and none for nobody', async () => {
    const users = [user('ann'), user('bob', costHash(cheap))];
    const { checks, works } = countedChecks(users);
    for (const name of ['ann', 'bob', 'nobody']) await checks.userOf(name, 'wrong', 'a');
    expect(works.map(({ hashes, own }) => hashes[own])).toEqual([users[0]?.hash, users[1]?.hash, undefined]);
  });

  it('is none where there are no users', async () => {
    const { checks, works } = countedChecks([]);
    expect(await checks.userOf('ann', 'right', 'a')).toBeUndefined();
    expect(works).toEqual([]);
  });
});

describe('what is remembered', () => {
  it('right and wrong passwords are checked once, whoever asks', async () => {
    const { checks, works } = countedChecks([user('ann')]);
    for (const peer of ['a', 'a', 'b'])
      for (const [password, result] of [
        ['right', 'right'],
        ['wrong', 'wrong'],
      ] as const)
        expect(await statusOf(checks.userOf('ann', password, peer))).toBe(result);
    expect(works).toHaveLength(2);
  });

  it('the same asked at once is checked once', async () => {
    const { checks, begun } = heldChecks([user('ann')]);
    const asked = Array.from({ length: 10 }, () => statusOf(checks.userOf('ann', 'right', 'a')));
    begun[0]?.answer(true);
    expect(await Promise.all(asked)).toEqual(new Array(10).fill('right'));
    expect(begun).toHaveLength(1);
  });

  it('many wrong ones do not push out the right', async () => {
    const { checks, works } = countedChecks([user('ann')]);
    await checks.userOf('ann', 'right', 'a');
    for (let i = 0; i < 3000; i++) await checks.userOf('ann', `wrong${i}`, 'a');
    await checks.userOf('ann', 'right', 'b');
    expect(works).toHaveLength(3001);
  });
});

describe('a flood', () => {
  it('waits in turn with others, and is refused above a few', async () => {
    const { checks, begun } = heldChecks([user('ann')]);
    const flood = Array.from({ length: 50 }, (_, i) => statusOf(checks.userOf('ann', `guess${i}`, 'flood')));
    const honest = statusOf(checks.userOf('ann', 'right', 'honest'));
    const results: unknown[] = [];
    for (const one of flood) void one.then((result) => results.push(result));
    for (let turn = 0; begun.length > turn; turn++) {
      begun[turn]?.answer(begun[turn]?.work.password === 'right');
      await new Promise(setImmediate);
    }
    const passwords = begun.map(({ work }) => work.password);
    expect(passwords.slice(0, 4)).toEqual(['guess0', 'guess1', 'right', 'guess2']);
    expect(passwords).toHaveLength(33);
    expect(await honest).toBe('right');
    await Promise.all(flood);
    expect(results.filter((result) => result === 429)).toHaveLength(18);
  });

  it('of many addresses leaves a place for one that has none', async () => {
    const { checks, begun } = heldChecks([user('ann')]);
    const flood = Array.from({ length: 1200 }, (_, i) =>
      statusOf(checks.userOf('ann', `guess${i}`, `${i % 40}`)),
    );
    const honest = statusOf(checks.userOf('ann', 'right', 'honest'));
    for (let turn = 0; begun.length > turn; turn++) {
      begun[turn]?.answer(begun[turn]?.work.password === 'right');
      await new Promise(setImmediate);
    }
    expect(await honest).toBe('right');
    await Promise.all(flood);
    // One under way and those that found a place: the work of a flood has an end.
    expect(begun.length).toBeLessThanOrEqual(258);
  });

  it('a check that fails fails alone', async () => {
    let calls = 0;
    const checks = new PasswordChecks([user('ann')], async () => {
      if (calls++ === 0) throw new Error('the thread is gone');
      return true;
    });
    expect(await statusOf(checks.userOf('ann', 'right', 'a'))).toMatchObject({
      message: 'the thread is gone',
    });
    expect(await statusOf(checks.userOf('ann', 'right', 'a'))).toBe('right');
  });
});

describe('hashes', () => {
  it('a decoy costs what the other costs, and is nobody’s', () => {
    const decoy = decoyHash(hash);
    expect([isPassword('right', hash), isPassword('wrong', hash), isPassword('right', decoy)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(costOf(decoy)).toBe(costOf(hash));
  });
});
