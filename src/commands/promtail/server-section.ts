// The `server` section, which Loki and Promtail have alike.
import type { PromtailSection } from './section.ts';

type Config = Record<string, unknown>;

/** `listens`: its port and address become the gateway's, which takes the program's place. */
export function translateServer(
  section: PromtailSection | undefined,
  config: Config,
  { listens }: { readonly listens: boolean },
): void {
  if (section === undefined) return;
  const http: Config = {};
  if (listens) listenAt(section, http);
  else
    for (const name of ['http_listen_port', 'http_listen_address'])
      section.notNeeded(
        name,
        "it is Promtail's own; the gateway listens on http.listen_port, 3100 unless set",
      );
  const prefix = section.text('http_path_prefix');
  if (prefix !== undefined && prefix !== '') http.path_prefix = prefix.replace(/\/+$/, '');
  const timeout = section.text('http_server_read_timeout');
  if (timeout !== undefined) http.request_timeout = timeout;
  const tls = section.section('http_tls_config');
  for (const [theirs, ours] of Object.entries({
    cert_file: 'tls_cert_file',
    key_file: 'tls_key_file',
    client_ca_file: 'tls_client_ca_file',
  })) {
    const file = tls?.text(theirs);
    if (file !== undefined) http[ours] = file;
  }
  tls?.end('see http.tls_client_cert_required');
  if (Object.keys(http).length > 0) config.http = http;
  const log: Config = {};
  const level = section.text('log_level');
  if (level !== undefined) log.level = level;
  const format = section.text('log_format');
  if (format !== undefined) log.format = format === 'json' ? 'json' : 'text';
  if (Object.keys(log).length > 0) config.log = log;
  for (const name of section.keys.filter((key) => key.startsWith('grpc_')))
    section.notNeeded(name, 'gRPC listens only where grpc.listen_port says so');
  for (const name of section.keys.filter((key) =>
    /^http_server_|^log_|^graceful_shutdown_timeout$/.test(key),
  ))
    section.notNeeded(name, 'the gateway has bounds and a log of its own');
  for (const name of ['disable', 'profiling_enabled', 'register_instrumentation', 'enable_runtime_reload'])
    section.notNeeded(name, 'the gateway has its own HTTP API');
  section.end();
}

function listenAt(section: PromtailSection, http: Config): void {
  const port = section.text('http_listen_port');
  if (port === '0') section.differs('http_listen_port', 'a free port each time; ours is 3100 unless set');
  else if (port !== undefined) http.listen_port = Number(port);
  const address = section.text('http_listen_address');
  if (address !== undefined && address !== '') http.listen_address = address;
  else
    section.differs(
      'http_listen_address',
      'Loki listens on all addresses, the gateway on 127.0.0.1 unless set',
    );
}
