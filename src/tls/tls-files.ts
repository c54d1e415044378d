// TLS: certificate, key and client authority from files, read again when they change (certbot, cert-manager).
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls';

export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authority of client certificates; '' asks for none. */
  readonly clientCaFile: string;
  /** True: connections without a certificate of that authority are refused. */
  readonly clientCertRequired: boolean;
}

/** How often the files are looked at: renewals come every few weeks. */
const lookEveryMs = 5000;

/** Options for `tls.createServer` and `https.createServer`. Throws when a file cannot be read. */
export function tlsOptions(settings: TlsSettings): TlsOptions {
  return {
    ...readFiles(settings),
    minVersion: 'TLSv1.2',
    requestCert: settings.clientCaFile !== '',
    rejectUnauthorized: settings.clientCertRequired,
  };
}

function readFiles({ certFile, keyFile, clientCaFile }: TlsSettings): SecureContextOptions {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(clientCaFile !== '' && { ca: readFileSync(clientCaFile) }),
  };
}

/**
 * Reloads whenever a file changes; returns what ends it. New connections get the new certificate.
 *
 * @param onReload told of each reload; `error`: why the old certificate stays in use
 */
export function watchTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  settings: TlsSettings,
  onReload: (error?: Error) => void,
): () => void {
  const files = [settings.certFile, settings.keyFile, settings.clientCaFile].filter((file) => file !== '');
  const reload = (): void => {
    try {
      // Throws for a certificate and a key that do not belong together.
      server.setSecureContext(readFiles(settings));
      onReload();
    } catch (error) {
      // The key may be written a moment after the certificate; its own change comes here again.
      onReload(error as Error);
    }
  };
  for (const file of files) watchFile(file, { interval: lookEveryMs, persistent: false }, reload);
  return () => {
    for (const file of files) unwatchFile(file, reload);
  };
}
