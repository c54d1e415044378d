// `ruler.remote_write`: who is sent recorded series, as Prometheus' `remote_write` blocks.
import { z } from 'zod';
import type { RemoteWriteSettings } from '../ruler/settings.ts';
import {
  type Authorization,
  authorizationHeader,
  authorizationShape,
  shownAuthorization,
} from './authorization-schema.ts';
import { clientTls, clientTlsShape } from './client-tls-schema.ts';
import { secret } from './secret.ts';
import { type Nested, section, setting, type Values } from './section.ts';
import { duration, flag, zodType } from './setting-types.ts';
import { relabelList, relabelRules } from './stages-schema.ts';
import { webAddress, withoutPassword } from './web-address.ts';

/** Of a receiver that names none. */
const remoteTimeoutMs = 30_000;

const clientShape = z.strictObject({
  url: zodType(webAddress),
  headers: z.record(z.string(), z.string()).default({}),
  remote_timeout: zodType(duration).default(remoteTimeoutMs),
  ...authorizationShape,
  tls_config: clientTlsShape.optional(),
  write_relabel_configs: relabelList.zod,
});
type RemoteWriteClient = z.infer<typeof clientShape>;

/** By name. */
const remoteWriteClients: Nested<Readonly<Record<string, RemoteWriteClient>>> = {
  kind: 'nested',
  zod: z.record(z.string(), clientShape).default({}) as unknown as z.ZodType<
    Readonly<Record<string, RemoteWriteClient>>
  >,
  print: (clients) => Object.fromEntries(Object.entries(clients).map(([name, one]) => [name, shown(one)])),
};

/** Headers may hold keys, too. */
const shown = ({
  url,
  headers,
  remote_timeout,
  basic_auth,
  authorization,
  ...rest
}: RemoteWriteClient): object => ({
  url: withoutPassword(url),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret.print(value)])),
  remote_timeout: duration.print(remote_timeout),
  ...shownAuthorization({ basic_auth, authorization }),
  ...(rest.tls_config && { tls_config: rest.tls_config }),
  ...(rest.write_relabel_configs.length > 0 && { write_relabel_configs: rest.write_relabel_configs }),
});

export const remoteWriteSection = section({
  enabled: setting(flag, true),
  /** One receiver, without more: what the environment can give. */
  url: setting(webAddress, ''),
  clients: remoteWriteClients,
  add_org_id_header: setting(flag, true),
});

/** Reads the files of secrets. Throws ConfigError. */
export function remoteWrites(
  values: Values<(typeof remoteWriteSection)['members']>,
): readonly RemoteWriteSettings[] {
  if (!values.enabled) return [];
  const { url, clients, add_org_id_header: withTenant } = values;
  const all = Object.entries(clients).map(([name, client]): RemoteWriteSettings => {
    const at = `ruler.remote_write.clients.${name}`;
    const authorization = authorizationHeader(at, client as Authorization);
    const headers = { ...client.headers, ...(authorization !== '' && { Authorization: authorization }) };
    return {
      name,
      url: client.url,
      headers,
      timeoutMs: client.remote_timeout,
      withTenant,
      relabel: relabelRules(client.write_relabel_configs),
      ...(client.tls_config && { tls: clientTls(`${at}.tls_config`, client.tls_config) }),
    };
  });
  if (url === '') return all;
  return [...all, { name: 'url', url, headers: {}, timeoutMs: remoteTimeoutMs, withTenant, relabel: [] }];
}
