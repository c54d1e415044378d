// What the fields of a journal entry become: labels of its stream, or structured metadata under names that no sender can
// take from journald. The same for the journal that is read here and for those that are sent.
import { LRUCache } from 'lru-cache';
import type { LabelPair } from '../model/labels.ts';

/** Fields with a label of their own, and those that say nothing about the log line. */
const notMetadata = new Set([
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_IDENTIFIER',
  '_SYSTEMD_UNIT',
  '_SYSTEMD_USER_UNIT',
  '_HOSTNAME',
  '_TRANSPORT',
  '_BOOT_ID',
  '_MACHINE_ID',
  '_RUNTIME_SCOPE',
  '_SOURCE_REALTIME_TIMESTAMP',
  '_SOURCE_MONOTONIC_TIMESTAMP',
  '_SOURCE_BOOTTIME_TIMESTAMP',
  '_SYSTEMD_CGROUP',
  '_SYSTEMD_SLICE',
  '_SYSTEMD_INVOCATION_ID',
  '_STREAM_ID',
  '_CAP_EFFECTIVE',
  '_SELINUX_CONTEXT',
  'SYSLOG_RAW',
  'SYSLOG_TIMESTAMP',
  'SYSLOG_FACILITY',
  'SYSLOG_PID',
  '_GID',
  '_AUDIT_SESSION',
  '_AUDIT_LOGINUID',
  '_SYSTEMD_OWNER_UID',
  '_SYSTEMD_SESSION',
  '_SYSTEMD_USER_SLICE',
]);

/** Of what the sender wrote; journald's own fields are few. */
export const senderFieldsMax = 64;
export const metadataValueCharsMax = 2_048;

/** Names that journald's own fields have, and those of what is told here: no field of a sender's gets one of them. */
const trustedNames: ReadonlySet<string> = new Set([
  'audit_loginuid',
  'audit_session',
  'boot_id',
  'cap_effective',
  'cmdline',
  'comm',
  'detected_level',
  'exe',
  'gid',
  'hostname',
  'kernel_device',
  'kernel_subsystem',
  'line_break',
  'machine_id',
  'namespace',
  'omitted_fields',
  'original_timestamp',
  'pid',
  'priority',
  'runtime_scope',
  'selinux_context',
  'source_boottime_timestamp',
  'source_monotonic_timestamp',
  'source_realtime_timestamp',
  'stream_id',
  'syslog_identifier',
  'systemd_cgroup',
  'systemd_invocation_id',
  'systemd_owner_uid',
  'systemd_session',
  'systemd_slice',
  'systemd_unit',
  'systemd_user_slice',
  'systemd_user_unit',
  'transport',
  'truncated_bytes',
  'udev_devlink',
  'udev_devnode',
  'udev_sysname',
  'uid',
]);
const senderPrefix = 'sender_';

/** Host, unit, transport and service_name (the unit without ".service", else the identifier); '' where there is none. */
export function journalLabels(one: (name: string) => string, host: string): LabelPair[] {
  const unit = one('_SYSTEMD_UNIT') || one('_SYSTEMD_USER_UNIT');
  const transport = one('_TRANSPORT');
  return [
    ['host', one('_HOSTNAME') || host],
    ['unit', unit],
    ['transport', transport],
    ['service_name', unit.replace(/\.service$/, '') || one('SYSLOG_IDENTIFIER') || transport],
  ];
}

/** Programs' field names are theirs to choose: what is kept of them is bounded. */
const metadataNames = new LRUCache<string, string>({ max: 1_000 });

/** What a field is called in structured metadata; '' when it is not to be there. */
export function journalMetadataName(field: string): string {
  let name = metadataNames.get(field);
  if (name === undefined) {
    const isTrusted = field.startsWith('_');
    const lower = field.replace(/^_+/, '').toLowerCase();
    if (field.startsWith('__') || notMetadata.has(field)) name = '';
    else name = !isTrusted && trustedNames.has(lower) ? `${senderPrefix}${lower}` : lower;
    metadataNames.set(field, name);
  }
  return name;
}
