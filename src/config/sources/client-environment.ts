// What the commands that talk to a server read from the environment: logcli's LOKI_… names, and ours, which win.

export interface ClientEnvironment {
  /** Server to talk to: `SKALD_ADDR`, `LOKI_ADDR`. */
  readonly addr: string | undefined;
  readonly orgId: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly bearerToken: string | undefined;
  readonly bearerTokenFile: string | undefined;
  readonly queryTags: string | undefined;
  readonly caCert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly tlsSkipVerify: boolean;
  /** https://no-color.org: set and not empty. */
  readonly noColor: boolean;
}

const names = {
  addr: 'ADDR',
  orgId: 'ORG_ID',
  username: 'USERNAME',
  password: 'PASSWORD',
  bearerToken: 'BEARER_TOKEN',
  bearerTokenFile: 'BEARER_TOKEN_FILE',
  queryTags: 'QUERY_TAGS',
  caCert: 'CA_CERT_PATH',
  cert: 'CLIENT_CERT_PATH',
  key: 'CLIENT_KEY_PATH',
} as const;
const skipVerify = 'TLS_SKIP_VERIFY';

/** SKALD_… names that are no settings of the gateway. */
export const clientVariables: ReadonlySet<string> = new Set(
  [...Object.values(names), skipVerify].map((name) => `SKALD_${name}`),
);

export function readClientEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ClientEnvironment {
  const value = (name: string): string | undefined =>
    [environment[`SKALD_${name}`], environment[`LOKI_${name}`]].find(
      (text) => text !== undefined && text !== '',
    );
  const texts = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, value(name)])) as {
    readonly [key in keyof typeof names]: string | undefined;
  };
  return {
    ...texts,
    tlsSkipVerify: ['true', '1'].includes(value(skipVerify) ?? ''),
    noColor: (environment.NO_COLOR ?? '') !== '',
  };
}
