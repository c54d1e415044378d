// In a file of its own: detection asks for it on the main thread, where dockerode is not wanted.

/** What is wrong with the engine, and the way out, in one sentence. */
export function engineHint(error: { readonly message: string; readonly code: string }, host: string): string {
  switch (error.code) {
    case 'ENOENT':
      return `There is no Docker engine at ${host}: start it, or mount its socket into the container.`;
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
      return `The Docker engine at ${host} does not answer: is it running?`;
    case 'EACCES':
    case 'EPERM':
      return `The Docker engine at ${host} may not be read: add the user to the group that owns the socket (usually docker).`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_HAS_EXPIRED':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of the Docker engine at ${host} is not trusted (${error.message}): is docker.tls_ca the authority that signed it?`;
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
    case 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE':
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
      return `The Docker engine at ${host} wants a certificate that it trusts: set docker.tls_cert and docker.tls_key.`;
    default:
      return `The connection to the Docker engine at ${host} broke: ${error.message}; connecting again.`;
  }
}
