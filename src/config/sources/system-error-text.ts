// What the system refuses, in words, with what to do about it.

type Wording = (
  error: NodeJS.ErrnoException & { readonly address?: string; readonly port?: number },
) => string;

const place = ({ path, address, port }: Parameters<Wording>[0]): string =>
  address !== undefined && port !== undefined ? `${address}:${port}` : (path ?? 'it');

const wordings: Readonly<Record<string, Wording>> = {
  EADDRINUSE: (error) =>
    `${place(error)} is taken by another program (EADDRINUSE): end that one, or set http.listen_port to another port`,
  EADDRNOTAVAIL: (error) =>
    `${place(error)} is no address of this machine (EADDRNOTAVAIL): set http.listen_address to one, or to 0.0.0.0`,
  EACCES: (error) =>
    error.syscall === 'listen'
      ? `${place(error)} may not be listened on (EACCES): ports below 1024 are for root`
      : `no permission for ${place(error)} (EACCES): run as its owner, or change its permissions`,
  EPERM: (error) => `${place(error)} is not permitted (EPERM)`,
  ENOENT: (error) => `there is no ${place(error)} (ENOENT)`,
  ENOTDIR: (error) => `${place(error)} leads through a file that is no folder (ENOTDIR)`,
  EISDIR: (error) => `${place(error)} is a folder, not a file (EISDIR)`,
  EEXIST: (error) => `${place(error)} is there already (EEXIST)`,
  EROFS: (error) => `${place(error)} is on a file system that is read only (EROFS)`,
  ENOSPC: (error) => `the disk of ${place(error)} is full (ENOSPC)`,
  EMFILE: () => 'too many files are open (EMFILE): raise the limit, as by ulimit -n or LimitNOFILE=',
  ECONNREFUSED: (error) => `nobody listens at ${place(error)} (ECONNREFUSED): is the gateway running there?`,
  ECONNRESET: () => 'the connection was cut by the other side (ECONNRESET)',
  ENOTFOUND: (error) =>
    `there is no host "${(error as { readonly hostname?: string }).hostname ?? ''}" (ENOTFOUND): is its name right?`,
  ETIMEDOUT: (error) => `${place(error)} did not answer in time (ETIMEDOUT)`,
};

/** The message of an error; of one that the system gave, in words that name its code. */
export function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  return (Object.hasOwn(wordings, code) ? wordings[code]?.(error) : undefined) ?? error.message;
}
