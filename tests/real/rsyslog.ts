// A real rsyslogd that forwards what is logged into its socket.

import { writeFileSync } from 'node:fs';
import { LogDaemon } from './log-daemon.ts';
import { findProgram } from './require-component.ts';

export class Rsyslog {
  readonly #daemon = new LogDaemon();
  readonly socket = this.#daemon.socket;

  /** `actions`: lines of configuration. Resolves when its socket is there. */
  async start(actions: readonly string[]): Promise<void> {
    const { folder, socket } = this.#daemon;
    const file = `${folder}/rsyslog.conf`;
    const lines = [
      `global(workDirectory="${folder}" maxMessageSize="64k")`,
      'module(load="imuxsock" SysSock.Use="off")',
      `input(type="imuxsock" Socket="${socket}" CreatePath="on" RateLimit.Interval="0")`,
      ...actions,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const options = ['-n', '-f', file, '-i', `${folder}/pid`];
    await this.#daemon.start(findProgram('rsyslogd') ?? 'rsyslogd', options);
  }

  remove(): Promise<void> {
    return this.#daemon.remove();
  }
}
