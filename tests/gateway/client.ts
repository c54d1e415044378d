// The few requests that tests of the whole gateway make.
export async function push(
  baseUrl: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${baseUrl}/loki/api/v1/push`, { method: 'POST', body, headers });
  return { status: response.status, text: await response.text() };
}

export async function get<T>(
  baseUrl: string,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(`${baseUrl}${path}?${new URLSearchParams(parameters)}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

export interface LogStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [timestampNs: string, line: string])[];
}

export interface LogRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit?: number;
  readonly direction?: 'forward' | 'backward';
}

/** Streams of a log query. */
export async function queryLogs(
  baseUrl: string,
  query: string,
  range: LogRange,
): Promise<readonly LogStream[]> {
  const answer = await get<{ data: { result: readonly LogStream[] } }>(baseUrl, '/loki/api/v1/query_range', {
    query,
    start: String(range.startNs),
    end: String(range.endNs),
    limit: String(range.limit ?? 1000),
    direction: range.direction ?? 'forward',
    step: '3600',
  });
  return answer.data.result;
}

const pageEntries = 5000;

/**
 * All lines of a query in order of time, page by page. Times must be unique inside the query, or lines that
 * share the last time of a page are missed.
 */
export async function readAllLines(baseUrl: string, query: string, range: LogRange): Promise<string[]> {
  const lines: string[] = [];
  let startNs = range.startNs;
  for (;;) {
    const streams = await queryLogs(baseUrl, query, {
      ...range,
      startNs,
      limit: pageEntries,
      direction: 'forward',
    });
    const page = streams.flatMap((s) => s.values).sort((a, b) => (BigInt(a[0]) < BigInt(b[0]) ? -1 : 1));
    lines.push(...page.map(([, line]) => line));
    const last = page.at(-1);
    if (last === undefined || page.length < pageEntries) return lines;
    startNs = BigInt(last[0]) + 1n;
  }
}

/** Resident memory of a process now and at its peak, in bytes. Linux only. */
export async function memoryOf(pid: number): Promise<{ residentBytes: number; peakBytes: number }> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { residentBytes: field('VmRSS'), peakBytes: field('VmHWM') };
}

/** From now on the peak is that of the time from now on. Linux only. */
export async function resetPeakOf(pid: number): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Processor time a process has used, all threads, in the kernel's ticks. Linux only. */
export async function processorTicksOf(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
