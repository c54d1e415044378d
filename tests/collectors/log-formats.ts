// Lines as ten kinds of programs write them, some of them with what a store does not take: each bears its number.
import type { Random } from '../random.ts';

/** A moment as a machine's clock shows it: `2026-11-30 12:31:36.123`. */
const wall = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = (ms: number): string => months[new Date(ms).getUTCMonth()] ?? '';
const day = (ms: number): string => wall(ms).slice(8, 10);
const clock = (ms: number): string => wall(ms).slice(11, 19);

type Format = (ms: number, text: string) => string;

export const logFormats: readonly Format[] = [
  (ms, text) => `${wall(ms).replace('.', ',')} INFO ${text}`,
  (ms, text) => `${month(ms)} ${day(ms).replace(/^0/, ' ')} ${clock(ms)} myhost sshd[12]: ${text}`,
  (ms, text) => JSON.stringify({ level: 30, time: ms, pid: 1, msg: text }),
  (ms, text) => `level=info ts=${wall(ms).replace(' ', 'T')}Z msg="${text}"`,
  (ms, text) =>
    `192.0.2.1 - - [${day(ms)}/${month(ms)}/${wall(ms).slice(0, 4)}:${clock(ms)} +0000] "GET /${text}"`,
  (ms, text) => `${wall(ms).slice(0, 19).replaceAll('-', '/')} [error] 12#12: *1 ${text}`,
  (ms, text) => `I${wall(ms).slice(5, 7)}${day(ms)} ${clock(ms)}.123456       1 main.go:10] ${text}`,
  (ms, text) =>
    `[Mon ${month(ms)} ${day(ms)} ${clock(ms)}.172700 ${wall(ms).slice(0, 4)}] [core:error] ${text}`,
  (ms, text) => `${wall(ms)} CET [4711] LOG:  ${text}`,
  (_, text) => text,
];

const dayMs = 86_400_000;

/** A line of the format with `number` near its beginning; some are old, of the future, too long or no UTF-8. */
export function oddLine(format: Format, number: string, random: Random, lineBytesMax: number): Buffer {
  const odd = random.below(12);
  const ms = Date.now() + (odd === 0 ? -30 * dayMs : odd === 1 ? 2 * dayMs : odd === 2 ? -Date.now() : 0);
  const text =
    odd === 3
      ? `${number} ${'é'.repeat(lineBytesMax)}`
      : odd === 4
        ? `${number} date=1990-01-01T00:00:00Z time=1500000000`
        : `${number} text`;
  const line = Buffer.from(format(ms, text));
  return odd === 5 ? Buffer.concat([line, Buffer.from([0xff, 0xc3, 0x28])]) : line;
}
