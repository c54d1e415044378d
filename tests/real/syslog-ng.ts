// A real syslog-ng, unpacked beside the installed rsyslog, that sends what is logged into its socket.
import { writeFileSync } from 'node:fs';
import { LogDaemon } from './log-daemon.ts';

const root = '/opt/syslog-ng';
export const syslogNgProgram = `${root}/usr/sbin/syslog-ng`;
const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const libraries = [`usr/lib/${machine}`, `lib/${machine}`, 'usr/lib/syslog-ng'];

export class SyslogNg {
  readonly #daemon = new LogDaemon();
  readonly socket = this.#daemon.socket;

  /** `destination`: the body of a destination in its language. Resolves when its socket is there. */
  async start(destination: string): Promise<void> {
    const { folder, socket } = this.#daemon;
    const file = `${folder}/syslog-ng.conf`;
    writeFileSync(
      file,
      `@version: 3.38
options { keep-hostname(yes); stats-freq(0); };
source local { unix-dgram("${socket}"); };
destination gateway { ${destination} };
log { source(local); destination(gateway); };
`,
    );
    const options = ['-F', '--no-caps', `--module-path=${root}/usr/lib/syslog-ng/3.38`, '-f', file];
    const files = ['-R', `${folder}/persist`, '-c', `${folder}/ctl`, '-p', `${folder}/pid`];
    await this.#daemon.start(syslogNgProgram, [...options, ...files], {
      LD_LIBRARY_PATH: libraries.map((path) => `${root}/${path}`).join(':'),
    });
  }

  remove(): Promise<void> {
    return this.#daemon.remove();
  }
}
