// Tests against real components: detected, named when absent, and demanded in CI.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';
import { syslogNgProgram } from './syslog-ng.ts';

export interface Component {
  readonly name: string;
  /** What must be there for the tests; false or a throw means absent. */
  readonly present: () => boolean;
  /** The command that brings it. */
  readonly install: string;
}

/** The full path of a program in PATH or the folders of system programs. */
export function findProgram(name: string): string | undefined {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/lib/systemd']) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

const isRoot = (): boolean => process.getuid?.() === 0;
const programs = (...names: string[]): boolean => names.every((name) => findProgram(name) !== undefined);
const apt = (packages: string): string =>
  `apt-get install -y --no-install-recommends ${packages} (or .ci/install-components.sh), and run as root`;

export const components = {
  docker: {
    name: 'Docker engine',
    present: () => isRoot() && programs('dockerd', 'docker', 'curl') && existsSync('/bin/busybox'),
    install: apt('docker.io busybox-static curl'),
  },
  journald: {
    name: 'systemd-journald (where no systemd runs)',
    present: () =>
      isRoot() && programs('systemd-journald', 'journalctl', 'logger') && !existsSync('/run/systemd/system'),
    install: apt('systemd'),
  },
  journalctl: {
    name: 'journalctl and systemd-journal-remote',
    present: () => programs('journalctl', 'systemd-journal-remote'),
    install: apt('systemd systemd-journal-remote'),
  },
  prometheus: {
    name: 'Prometheus',
    present: () => programs('prometheus', 'promtool'),
    install: apt('prometheus'),
  },
  rsyslog: {
    name: 'rsyslog',
    present: () => programs('rsyslogd', 'logger'),
    install: apt('rsyslog'),
  },
  syslogNg: {
    name: 'syslog-ng (unpacked beside rsyslog)',
    present: () => programs('logger') && existsSync(syslogNgProgram),
    install: '.ci/install-components.sh (unpacks it into /opt/syslog-ng)',
  },
  chromium: {
    name: 'Chromium (headless shell)',
    present: () => programs('chromium-headless-shell'),
    install: apt('chromium-headless-shell fonts-dejavu-core'),
  },
  logger: {
    name: 'logger',
    present: () => programs('logger'),
    install: apt('bsdutils'),
  },
  openssl: {
    name: 'openssl',
    present: () => programs('openssl'),
    install: apt('openssl'),
  },
  compiler: {
    name: 'C compiler',
    present: () => programs('cc'),
    install: apt('gcc libc6-dev'),
  },
  logcli: {
    name: 'logcli',
    present: () => programs('logcli'),
    install: 'put the logcli release binary into PATH',
  },
} satisfies Record<string, Component>;

const present = (component: Component): boolean => {
  try {
    return component.present();
  } catch {
    return false;
  }
};

/**
 * `describe` for tests that need a component. Absent, the block is one skipped test that names the component and the
 * way to get it; with CI=true it is a failed one.
 */
export function describeWith(component: Component, title: string, body: () => void): void {
  if (present(component)) {
    describe(title, body);
    return;
  }
  describe(title, () => {
    const name = `needs ${component.name}: ${component.install}`;
    if (process.env.CI !== 'true') return it.skip(name, () => {});
    it(name, () => {
      throw new Error(`${component.name} is missing: ${component.install}`);
    });
  });
}

/** Runs a program to its end and gives what it wrote; throws with its errors when it fails. */
export function runProgram(program: string, args: readonly string[], input?: string | Buffer): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, maxBuffer: 256 * 1024 * 1024 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.toString();
}
