// Times as text for people.

/** `2026-11-24T03:43:39.318477056Z`; zeros at the end of the fraction are left out. */
export function rfc3339Nano(timestampNs: bigint): string {
  const nanos = ((timestampNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((timestampNs - nanos) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = nanos.toString().padStart(9, '0').replace(/0+$/, '');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}
