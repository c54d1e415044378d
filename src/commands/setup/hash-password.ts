// `skald hash-password`: what is in the configuration instead of a password or a token.
import { randomBytes } from 'node:crypto';
import { hashToken } from '../../http/auth/credentials.ts';
import { hashPassword } from '../../http/auth/password-hash.ts';
import { type Command, CommandError, exitCodes } from '../cli/command.ts';

/** A longer first line is no password. */
const bytesMax = 4096;
const tokenBytes = 32;

export const hashPasswordCommand: Command = {
  name: 'hash-password',
  summary: 'read a password from standard input and print its hash for auth.users',
  usage: '[--token]',
  description: `
The first line of standard input is the password; nothing is echoed to logs or command lines. With --token an empty
input makes a new token: it is printed once, with the hash for auth.tokens.`,
  flags: [{ name: 'token', summary: 'hash a bearer token instead, for auth.tokens' }],
  words: { min: 0, max: 0 },
  run: async ({ args, input, out }) => {
    const given = await firstLine(input);
    if (!args.on('token')) {
      if (given === '') throw new CommandError('there is no password on standard input');
      await out.write(`${hashPassword(given)}\n`);
      return exitCodes.success;
    }
    const token = given === '' ? randomBytes(tokenBytes).toString('base64url') : given;
    if (given === '') await out.write(`token:      ${token}\n`);
    await out.write(given === '' ? `token_hash: ${hashToken(token)}\n` : `${hashToken(token)}\n`);
    return exitCodes.success;
  },
};

async function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const piece of input) {
    text += String(piece);
    if (text.includes('\n')) break;
    if (text.length > bytesMax) throw new CommandError('the first line of standard input is too long');
  }
  return text.split(/\r?\n/)[0] ?? '';
}
