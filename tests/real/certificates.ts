// Certificates for tests, made by openssl.

import { join } from 'node:path';
import { runProgram } from './require-component.ts';

export class Certificates {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  key(name: string): string {
    return join(this.#folder, `${name}.key`);
  }

  certificate(name: string): string {
    return join(this.#folder, `${name}.pem`);
  }

  /** Makes a certificate for 127.0.0.1 and its own name, and its key: an authority of its own, or one signed by `by`. */
  make(name: string, by?: string): void {
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:127.0.0.1,DNS:${name}`];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const signer = by === undefined ? [] : ['-CA', this.certificate(by), '-CAkey', this.key(by)];
    const files = ['-keyout', this.key(name), '-out', this.certificate(name)];
    runProgram('openssl', [...kind, '-days', '2', ...subject, ...signer, ...files]);
  }
}
