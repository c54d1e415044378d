// What each setting is for, one sentence; docs/configuration.md is made of it. A name without its section stands for
// that setting in every section.

export const sectionDescriptions: Readonly<Record<string, string>> = {
  '': 'Where data is kept, for how long, and what is collected',
  http: 'The HTTP server',
  grpc: 'A listener for gRPC: `logproto.Pusher/Push` and OTLP, with the TLS, credentials and bounds of `http`',
  auth: 'Who may do what. Nothing set: everybody may do everything',
  tail: 'Live tails',
  query: 'Evaluation of queries',
  store: 'The store',
  'store.clickhouse': 'The store on ClickHouse; see [scale-out.md](scale-out.md)',
  log: "The gateway's own log, on standard error",
  ruler: 'Rules and where their alerts go; see [alerting.md](alerting.md)',
  'ruler.heartbeat': 'A sign of life for whoever notices when it stays away',
  'ruler.notify': 'When receivers are told of alerts, and of which together',
  'ruler.remote_write': 'Where recorded series go: receivers of Prometheus’ remote write',
  'ruler.alertmanager_client': 'Credentials for the Alertmanagers whose address has none',
  limits: 'Limits of tenants, by Loki’s names. 0 is no bound unless said otherwise',
  docker: 'Containers; see [collectors.md](collectors.md)',
  'docker.include': 'Containers to collect from; empty: all',
  'docker.exclude': 'Containers to leave alone',
  journal: 'The systemd journal; see [collectors.md](collectors.md)',
  files: 'Log files; see [collectors.md](collectors.md)',
  syslog: 'A syslog receiver; see [collectors.md](collectors.md)',
};

export const settingDescriptions: Readonly<Record<string, string>> = {
  data_dir: 'Folder of `skald.db` and the files beside it.',
  auth_enabled: 'Tenants: `X-Scope-OrgID` is required. Off: one tenant, `fake`.',
  multi_tenant_queries_enabled: '`X-Scope-OrgID: a|b` reads several tenants.',
  retention_period: 'Age at which lines are hidden and deleted. `0` keeps for ever.',
  retention_stream: 'List of `selector`, `period`, `priority`: streams that are kept for another time.',
  retention_size_max: 'Size of the store above which the oldest lines are deleted; `0`: none.',
  retention_disk_free_min: 'Free bytes of the disk below which the oldest lines are deleted; `0`: none.',
  'store.kind':
    'Where entries are kept: a file in the data directory, or ClickHouse; see [scale-out.md](scale-out.md).',
  'store.clickhouse.shards':
    'Addresses of the shards’ HTTP interfaces; a list in place of an address is the replicas of one shard.',
  'store.clickhouse.database': 'Database of the tables.',
  'store.clickhouse.user': 'User of ClickHouse.',
  'store.clickhouse.password': 'Its password.',
  'store.clickhouse.password_file': 'File whose first line is the password.',
  'store.clickhouse.tls_ca_file':
    'Authority that signs the certificates of ClickHouse; empty: those the system trusts.',
  'store.clickhouse.tls_cert_file': 'Certificate that the gateway shows.',
  'store.clickhouse.tls_key_file': 'Its key.',
  'store.clickhouse.create_schema': 'Tables that are missing are made at the start.',
  'store.clickhouse.linger':
    'Inserts begin at least this long after each other: each makes a part that ClickHouse has to merge.',
  'store.clickhouse.insert_size': 'Entries waiting above which an insert begins at once; also its size.',
  'store.clickhouse.insert_retry_timeout':
    'How long an insert is sent again while it is in doubt whether it was stored; then pushes are 503.',
  'store.clickhouse.statement_timeout': 'ClickHouse stops a statement that takes longer.',
  'store.retention_interval': 'How often retention looks.',
  'store.hang_timeout':
    'Without an answer from ingest or the block builder for so long the process ends with status 70, to be started again; after a quarter of it `/ready` is 503 and pushes are refused. When it is the main thread that does not answer for so long, the process is killed. At least 10s.',
  'store.compaction_cpu_share':
    'Share of one core for merging and recompressing blocks, a quarter of it while much is written; `0`: off.',
  'store.label_values_warned':
    'Values of one label name among the streams of a tenant above which the log and `skald_high_cardinality_labels` warn; `0`: never.',
  'store.delete_request_cancel_period': 'How long a deletion can be cancelled; its lines are hidden at once.',
  collectors: 'Sources read on this machine. `auto`: Docker and the journal where they are readable.',
  host_label: 'Label `host` of what is collected. Empty: the name of the machine.',
  overrides: "Other limits for some tenants: tenant → names of `limits` with the tenant's values.",

  'http.listen_address': 'Address to listen on; `0.0.0.0` for all.',
  'http.listen_port': 'Port; `0` takes a free one.',
  'http.path_prefix': 'Path before every route, behind a proxy that passes it on.',
  'http.allowed_origins':
    'Sites whose pages may use the gateway from a browser, such as `https://grafana.example.org`. Its own page may always, and Grafana asks from its server, which needs no entry.',
  'http.allowed_hosts':
    'Names under which the gateway may be asked without credentials and TLS, besides addresses and `localhost`. Empty: others are refused where the connection arrives on loopback, and taken elsewhere.',
  'http.max_recv_msg_size': 'A push body as received; more is 413.',
  'http.max_decompressed_size': 'A push body after decompression; more is 413.',
  'http.push_bytes_in_flight_max':
    'Bytes of pushes received and not answered; above, pushes are told to come later (429).',
  'http.query_bytes_in_flight_max':
    'Bytes of heads and forms received and not answered; above, requests are told to come later (503).',
  'http.form_size_max': 'A form body of a query.',
  'http.request_timeout':
    'How long a request may take to arrive, and how long a client may take nothing of its answer before it is cut off.',
  'http.head_timeout':
    'How long a connection may take to begin, a head to arrive, and the form of a query to arrive.',
  'http.keep_alive_timeout': 'How long an idle connection stays open.',
  'http.connections_max':
    'Open connections. For one more, the idlest of the address that has most is closed; when all are at work, the new one.',
  'http.connections_per_peer_max':
    'The same for the connections of one address (of IPv6: of 64 bits); `0`: no bound of its own.',
  'http.trusted_proxies':
    'Addresses and subnets of reverse proxies: their connections are not bounded by address, and what they forward counts for the address that their `X-Forwarded-For` names.',
  'http.shutdown_timeout':
    'Within which SIGTERM ends the process, whatever hangs: running requests have half of it.',
  'http.tls_cert_file': 'Certificate (PEM); with it HTTPS only. Read again when it changes.',
  'http.tls_key_file': 'Key of the certificate (PEM).',
  'http.tls_client_ca_file':
    'Authority of client certificates (PEM): connections without a certificate of it are refused. Empty asks for none.',
  'http.tls_client_cert_required':
    '`auto`: as soon as `tls_client_ca_file` is set. `false` asks for a certificate and lets in those without one, too.',

  'grpc.listen_address': 'Address to listen on. Empty: that of `http`.',
  'grpc.listen_port': "Port, Loki's is `9095`; `0` takes a free one. `off`: nobody listens.",
  'grpc.connections_max':
    'Open connections, of which each may have 16 calls under way; for one more the idlest is closed.',
  'grpc.connections_per_peer_max':
    'The same for the connections of one address (of IPv6: of 64 bits); `0`: no bound of its own.',

  'auth.user': 'Name of a user who may do everything.',
  'auth.password_hash': "That user's password as `skald hash-password` prints it.",
  'auth.password_file': 'File whose first line is the password.',
  'auth.token': 'Bearer token that may do everything.',
  'auth.token_file': 'File whose first line is the token.',
  'auth.ready_open': '`/ready` needs no credentials.',
  'auth.metrics_open':
    '`/metrics`, which names all tenants, needs no credentials. `auto`: unless some users or tokens are bound to tenants.',
  'auth.users':
    'List of `name`, `password_hash` or `password_file`, `scopes` (`push`, `query`, `admin`), `tenants`.',
  'auth.tokens': 'List of `name`, `token_hash` or `token_file`, `scopes`, `tenants`.',

  'tail.ping_interval': 'How often a tail is pinged, so that proxies keep it open.',
  'tail.buffered_bytes_max': "Bytes that may wait in a client's socket before its tail pauses.",
  'tail.held_frames_max': 'Live frames held back while the history is read.',
  'tail.tails_max': 'Open tails of all tenants; `0`: none.',
  'tail.tails_per_peer_max': 'Open tails of one address; `0`: no bound of its own.',
  'query.workers': 'Threads that evaluate queries; `0`: as many as cores.',
  'log.level': 'Least level that is written; `POST /log_level` changes it at run time.',
  'log.format': '`json`, or `text` for people.',

  'ruler.enabled': 'Whether rules are evaluated, and can be made through the API.',
  'ruler.rules_dir':
    'A folder with rule files, `<tenant>/<file>`; the tenant is `fake` without `auth_enabled`.',
  'ruler.poll_interval': 'How often the rule files are looked at.',
  'ruler.evaluation_interval': 'Interval of groups that name none.',
  'ruler.query_offset': 'Rules see the logs as they were so long before; for logs that come late.',
  'ruler.for_outage_tolerance':
    'Evaluations missed while the gateway did not run are made up for, as far back as this.',
  'ruler.external_url': 'Address of the Grafana that links in alerts lead to.',
  'ruler.datasource_uid': 'Its data source for this gateway; empty: the default one.',
  'ruler.external_labels': 'Labels added to what is sent, where an alert has none of the name.',
  'ruler.alertmanager_url': 'Alertmanagers; each is sent everything. May carry `user:password@`.',
  'ruler.alertmanager_client.basic_auth_username': 'User for basic authentication.',
  'ruler.alertmanager_client.basic_auth_password': 'Password for basic authentication.',
  'ruler.alertmanager_client.basic_auth_password_file': 'File with that password in its first line.',
  'ruler.alertmanager_client.type': 'First word of the `Authorization` header.',
  'ruler.alertmanager_client.credentials': 'Token.',
  'ruler.alertmanager_client.credentials_file': 'File with that token in its first line.',
  'ruler.alertmanager_client.tls_ca_path':
    'Authority of their certificates; empty: those that the system trusts.',
  'ruler.alertmanager_client.tls_cert_path': 'Certificate to show them.',
  'ruler.alertmanager_client.tls_key_path': 'Its key.',
  'ruler.alertmanager_client.tls_server_name':
    'Name on their certificates where it is not that of the address.',
  'ruler.alertmanager_client.tls_insecure_skip_verify': 'Whoever answers is believed.',
  'ruler.receivers':
    'Who is told of alerts without an Alertmanager, by name: see [alerting.md](alerting.md#without-an-alertmanager).',
  'ruler.notify.group_by':
    'Alerts with the same values of these labels are told of together; `...`: of all labels.',
  'ruler.notify.group_wait': 'The first alert of a group waits so long for others.',
  'ruler.notify.group_interval': 'Between two messages about changes of a group.',
  'ruler.notify.repeat_interval': 'Alerts that go on are told of again after this.',
  'ruler.heartbeat.url':
    'Is sent a POST while every group is evaluated in time: that of a dead man’s switch.',
  'ruler.heartbeat.interval': 'How often.',
  'ruler.redact': 'RE2 patterns; what they match stands as `<redacted>` in the lines of alerts.',
  'ruler.keep_series':
    'How long recorded series are kept here, to be asked for below /prometheus; 0: not at all. At most 10,000 series of a tenant and 20,000,000 samples of all.',
  'ruler.history_period': 'How long transitions of alerts are kept; 100,000 of them at most.',
  'ruler.remote_write.enabled': 'Whether recorded series are sent.',
  'ruler.remote_write.url': 'A receiver without more, such as `http://prometheus:9090/api/v1/write`.',
  'ruler.remote_write.clients':
    'Receivers by name: `url`, `headers`, `remote_timeout`, `basic_auth` (`username`, `password`, `password_file`), `authorization` (`type`, `credentials`, `credentials_file`), `tls_config` (`ca_file`, `cert_file`, `key_file`, `server_name`, `insecure_skip_verify`), `write_relabel_configs`.',
  'ruler.remote_write.add_org_id_header': 'Whether `X-Scope-OrgID` names the tenant.',
  'ruler.resend_delay': 'An alert that goes on is sent again after this.',
  'ruler.notification_queue_capacity':
    'Posts that wait for an Alertmanager that takes none; then the oldest are dropped.',
  'ruler.notification_timeout': 'How long an Alertmanager may take to answer.',

  'limits.ingestion_rate_mb': 'MB a second a tenant may push; more is 429.',
  'limits.ingestion_burst_size_mb': 'MB a tenant may push at once.',
  'limits.per_stream_rate_limit': 'Bytes a second of one stream; more is 429.',
  'limits.per_stream_rate_limit_burst': 'Bytes of one stream at once.',
  'limits.max_global_streams_per_user': 'Active streams of a tenant; new ones above are 429.',
  'limits.max_streams_per_source':
    'New streams an hour of one source of collected entries (docker, journal, files, syslog); others share one stream.',
  'limits.max_line_size':
    'A longer line is refused, or cut with the next setting; 0: what the store takes, 8MB.',
  'limits.max_line_size_truncate': 'Cut long lines instead of refusing them.',
  'limits.max_line_size_truncate_identifier': 'Text put at the end of a line that was cut.',
  'limits.max_label_names_per_series': 'Labels of a stream.',
  'limits.max_label_name_length': 'Length of a label name.',
  'limits.max_label_value_length': 'Length of a label value.',
  'limits.reject_old_samples': 'Refuse old lines; also `SKALD_REJECT_OLD_SAMPLES`.',
  'limits.reject_old_samples_max_age': 'How old is too old.',
  'limits.creation_grace_period': 'How far in the future a line may be.',
  'limits.allow_structured_metadata': 'Accept structured metadata.',
  'limits.max_structured_metadata_size':
    'Bytes of structured metadata of a line; 0: what the store takes, 8MB.',
  'limits.max_structured_metadata_entries_count': 'Pairs of structured metadata of a line.',
  'limits.increment_duplicate_timestamp': 'A line with the time of the line before is moved by 1 ns.',
  'limits.discover_log_levels': 'Add `detected_level` to lines.',
  'limits.discover_logger_levels':
    'Find it also in numbers as pino and bunyan write them (`"level":30`) and in coloured words, which Loki calls unknown.',
  'limits.discover_service_name': 'Labels of which the first found becomes `service_name`.',
  'limits.enforced_labels': 'Labels that every stream must have.',
  'limits.block_ingestion_until': 'Refuse pushes until this time (RFC 3339).',
  'limits.block_ingestion_status_code': 'Status of that refusal; 2xx drops the lines silently.',
  'limits.otlp_config': 'Which OTLP attributes become labels, structured metadata, or nothing; as in Loki.',
  'limits.max_entries_limit_per_query': 'Highest `limit` of a log query.',
  'limits.max_query_series': 'Series of an answer; more are cut off with a warning, or refused.',
  'limits.max_query_length': 'Longest time range of a query.',
  'limits.max_query_lookback': 'How far back queries may look.',
  'limits.max_query_range': 'Longest `[range]` of an aggregation.',
  'limits.query_timeout': 'How long a query may take; more is 504.',
  'limits.max_streams_matchers_per_query': 'Matchers of a query.',
  'limits.max_query_bytes_read': 'Bytes a query may read.',
  'limits.max_query_memory': "Memory of a query's result and intermediate state.",
  'limits.split_instant_metric_queries_by_interval':
    'Instant queries over longer ranges are answered from pieces of this length, as Loki does; 0 gives exact answers.',
  'limits.max_concurrent_tail_requests': 'Live tails of a tenant.',
  'limits.volume_enabled': 'Answer `index/volume`.',
  'limits.volume_max_series': 'Series of `index/volume`.',
  'limits.deletion_mode': 'Whether a tenant may delete lines through the API.',
  'limits.overrides_file':
    'A file with `overrides` for some tenants, read again while the gateway runs; see [operations.md](operations.md#limits-of-tenants-while-it-runs).',
  'limits.overrides_period': 'How often it is looked at.',
  'limits.ruler_remote_write_disabled': 'The tenant’s recorded series are sent to nobody.',
  'limits.ruler_max_rules_per_rule_group': 'Rules of a group made through the API.',
  'limits.ruler_max_rule_groups_per_tenant': 'Groups of a tenant when another is made through the API.',

  'docker.host': 'The engine: `unix:///path` or `tcp://host:port`.',
  'docker.tls_ca': 'Authority of the engine’s certificate.',
  'docker.tls_cert': 'Certificate for the engine.',
  'docker.tls_key': 'Its key.',
  'docker.history': 'How far back a container is read when it is seen first.',
  'docker.containers_max': 'Containers followed at once.',
  'docker.container_id_label': 'Add the label `container_id`.',
  names: 'By name; `*` stands for anything.',
  images: 'By image; `*` stands for anything.',
  compose_projects: 'By Compose project.',
  compose_services: 'By Compose service.',
  'docker.include.labels': 'By label, `name` or `name=value`.',
  'docker.exclude.labels': 'By label, `name` or `name=value`.',
  labels: 'Labels added to every stream.',
  format:
    'How lines are read for level and time; `auto` finds out; `cri` and `docker` are the files of container runtimes.',
  timestamp: 'Time of an entry: of the source, or found in the line.',
  multiline_first_line: 'RE2 pattern of the first line of an entry; empty: each line is an entry.',
  multiline_lines_max: 'Lines of one entry.',
  multiline_wait: 'How long an entry waits for further lines.',
  'journal.directory': 'Folder of a mounted journal; empty: that of this machine.',
  'journal.namespace': 'Journal namespace.',
  'journal.units': 'Only these units.',
  'journal.identifiers': 'Only these syslog identifiers.',
  'journal.priority': 'Only this priority or a range, as `journalctl --priority`.',
  'journal.matches': 'Matches as for `journalctl`, `FIELD=value`.',
  'journal.history': 'How far back the journal is read the first time.',
  timezone: 'Zone of times that name none; empty: that of the machine.',
  relabel: 'Relabelling rules, as Promtail and Prometheus have them.',
  stages: 'Stages that change entries before they are stored.',
  'syslog.listen_address': 'Address to listen on.',
  'syslog.tcp_port': 'Port for TCP; `0`: none.',
  'syslog.tls_port': 'Port for TLS; `0`: none.',
  'syslog.udp_port': 'Port for UDP; `0`: none.',
  'syslog.tls_cert': 'Certificate (PEM) for TLS.',
  'syslog.tls_key': 'Key of the certificate (PEM).',
  'syslog.tls_ca':
    'Authority of client certificates (PEM): connections without a certificate of it are refused. Empty asks for none.',
  'syslog.connections_max': 'Open connections; more are refused.',
  'syslog.sender_streams_max':
    'New streams an hour that one sender may bring up; what is beyond has its host and app in structured metadata. `0`: any number.',
  'syslog.streams_max': 'The same, of all senders together.',
  'syslog.message_size_max':
    'A longer message is cut, `truncated_bytes` says by how much. A connection holds so much and 64 KB at most.',
  'syslog.udp_receive_buffer':
    'What the system is asked to hold of datagrams that wait; it gives `net.core.rmem_max` at most.',
  'syslog.idle_timeout':
    'A connection without messages for so long is closed, unless it is held back because the store is full.',
  'syslog.timestamp': 'Time of an entry: that of the message, or when it was received.',
  'files.paths': 'Globs of files to follow; a relative one is of the working directory.',
  'files.exclude': 'Globs of files to leave alone.',
  'files.from': 'Where a file is read from when it is seen first.',
  'files.encoding': 'Encoding of the files.',
  'files.compressed': 'Read gzip files, too, each once.',
  'files.poll_interval': 'How often files are looked at.',
  'files.scan_interval': 'How often the globs are looked at.',
  'files.files_max': 'Files followed at once.',
  'files.descriptors_max': 'Files held open at once.',
  'files.partial_line_wait': 'How long a last line without newline waits.',
  'files.follow_links_across_owners':
    'Follow symbolic links that belong neither to root, nor to the gateway, nor to the owner of the file.',
  'files.targets':
    'List of `include`, `exclude`, `labels`, `format`, `timestamp`, `from`, `multiline_first_line`: files with settings of their own.',
};
