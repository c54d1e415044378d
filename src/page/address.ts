// What the page shows, kept in the fragment of its address, so that it can be bookmarked and sent.

export interface Asked {
  readonly query: string;
  readonly range: string;
  readonly limit: string;
  readonly tenant: string;
}

export function readAddress(): Partial<Asked> {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const names = ['query', 'range', 'limit', 'tenant'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name)]] : [])),
  );
}

export function writeAddress(asked: Asked): void {
  const given = Object.entries(asked).filter(([, value]) => value !== '');
  history.replaceState(null, '', `#${new URLSearchParams(given)}`);
}
