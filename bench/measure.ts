// What the benchmarks of a running gateway share: requests, figures of its process, printing.
import { readFileSync } from 'node:fs';
import { type Agent, request } from 'node:http';

/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100;

export interface Posted {
  readonly status: number;
  readonly text: string;
}

/** Resolves with whatever the gateway answers. */
export function post(
  agent: Agent,
  url: string,
  body: Buffer,
  contentType = 'application/x-protobuf',
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** Of all samples of a name in the text of `/metrics` together; 0 when there is none. */
export function metric(text: string, name: string): number {
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'));
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** User and system time of a process so far. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Of a process' main thread so far: seconds it ran, and seconds it was ready and had no core. */
export function mainThreadSeconds(pid: number): { ran: number; waited: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return { ran: Number(ran) / 1e9, waited: Number(waited) / 1e9 };
}

/** Resident memory of a process in MiB: now, and its peak. */
export function residentMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const print = (name: string, value: string): void => {
  process.stdout.write(`${name.padEnd(34)} ${value}\n`);
};
