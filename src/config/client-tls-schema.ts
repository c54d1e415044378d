// `tls_config` of who is sent something, as Prometheus has it.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ClientTls } from '../ruler/http-delivery.ts';
import { ConfigError, UnreadableFileError } from './config-error.ts';

export const clientTlsShape = z.strictObject({
  ca_file: z.string().default(''),
  cert_file: z.string().default(''),
  key_file: z.string().default(''),
  server_name: z.string().default(''),
  insecure_skip_verify: z.boolean().default(false),
});

/** Reads the files. Throws ConfigError. */
export function clientTls(at: string, values: z.infer<typeof clientTlsShape>): ClientTls {
  const { ca_file: ca, cert_file: cert, key_file: key } = values;
  if ((cert === '') !== (key === ''))
    throw new ConfigError([`${at}: cert_file and key_file belong together`]);
  const textOf = (name: string, file: string): string => {
    try {
      return file === '' ? '' : readFileSync(file, 'utf8');
    } catch (error) {
      throw new UnreadableFileError([`${at}.${name}: ${(error as Error).message}`]);
    }
  };
  return {
    ca: textOf('ca_file', ca),
    cert: textOf('cert_file', cert),
    key: textOf('key_file', key),
    serverName: values.server_name,
    verify: !values.insecure_skip_verify,
  };
}
