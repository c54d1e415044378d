// `skald hash-password`: what it prints is what a login is checked against, and the password is not printed.
import { expect, it } from 'vitest';
import { isToken } from '../../src/http/auth/credentials.ts';
import { isPassword } from '../../src/http/auth/password-hash.ts';
import { runCommandLine } from './run.ts';

const hash = (input: string, ...flags: string[]) => runCommandLine(['hash-password', ...flags], { input });

it.each([
  ['a line', 'correct horse\n', 'correct horse'],
  ['no end of line', 'pass', 'pass'],
  ["Windows' end of line", 'pass\r\n', 'pass'],
  ['the first line only', 'first\nsecond\n', 'first'],
  ['spaces at the ends', ' a b \n', ' a b '],
  ['other alphabets', 'пароль🔑\n', 'пароль🔑'],
])('hashes %s', async (_name, input, password) => {
  const { code, out } = await hash(input);
  expect(code).toBe(0);
  expect(out).toMatch(/^[^\n]+\n$/);
  expect(out).not.toContain(password);
  expect(isPassword(password, out.trim())).toBe(true);
  expect(isPassword(`${password}x`, out.trim())).toBe(false);
});

it('salts: the same password has another hash each time', async () => {
  expect((await hash('same\n')).out).not.toBe((await hash('same\n')).out);
});

it('hashes a given token and makes one when there is none', async () => {
  const given = await hash('my-token\n', '--token');
  expect(given.out).not.toContain('my-token');
  expect(isToken('my-token', given.out.trim())).toBe(true);
  const made = /^token: +(\S{40,})\ntoken_hash: (\S+)\n$/.exec((await hash('', '--token')).out);
  expect(isToken(made?.[1] ?? '', made?.[2] ?? '')).toBe(true);
});

it.each([
  ['nothing', '', 'there is no password'],
  ['an empty line', '\n', 'there is no password'],
  ['a line without end', 'x'.repeat(10_000), 'too long'],
])('refuses %s', async (_name, input, problem) => {
  const { code, out, notes } = await hash(input);
  expect(code).not.toBe(0);
  expect(out).toBe('');
  expect(notes).toContain(problem);
});
