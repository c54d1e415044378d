// Tests against real components: detected, named when absent, and demanded in CI.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** Where control groups of version 2 are, alone or beside those of version 1. */
export const controlGroups = existsSync('/sys/fs/cgroup/unified')
  ? '/sys/fs/cgroup/unified'
  : '/sys/fs/cgroup';

const isRoot = (): boolean => process.getuid?.() === 0;
const programs = (...names: string[]): boolean => names.every((name) => findProgram(name) !== undefined);
const runsProgram = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const apt = (packages: string): string =>
  `apt-get install -y --no-install-recommends ${packages} (or .ci/install-components.sh), and run as root`;

export const components = {
  docker: {
    name: 'Docker engine',
    present: () => isRoot() && programs('dockerd', 'docker', 'curl') && existsSync('/bin/busybox'),
    install: apt('docker.io busybox-static curl'),
  },
  podman: {
    name: 'Podman',
    present: () => isRoot() && programs('podman', 'conmon', 'runc', 'curl') && existsSync('/bin/busybox'),
    install: apt('podman runc busybox-static curl'),
  },
  journald: {
    name: 'systemd-journald (where no systemd runs)',
    present: () =>
      isRoot() &&
      programs('systemd-journald', 'journalctl', 'systemd-cat', 'logger') &&
      !existsSync('/run/systemd/system'),
    install: apt('systemd'),
  },
  journalctl: {
    name: 'journalctl',
    present: () => programs('journalctl'),
    install: apt('systemd'),
  },
  journalRemote: {
    name: 'systemd-journal-remote',
    present: () => programs('systemd-journal-remote'),
    install: apt('systemd-journal-remote'),
  },
  prometheus: {
    name: 'Prometheus',
    present: () => programs('prometheus', 'promtool'),
    install: apt('prometheus'),
  },
  alertmanager: {
    name: 'Alertmanager',
    present: () => programs('prometheus-alertmanager'),
    install: apt('prometheus-alertmanager'),
  },
  rsyslog: {
    name: 'rsyslog',
    present: () => programs('rsyslogd'),
    install: apt('rsyslog'),
  },
  syslogNg: {
    name: 'syslog-ng (unpacked beside rsyslog)',
    present: () => existsSync(syslogNgProgram),
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
  bash: {
    name: 'bash',
    present: () => programs('bash'),
    install: apt('bash'),
  },
  curl: {
    name: 'curl',
    present: () => programs('curl'),
    install: apt('curl'),
  },
  python: {
    name: 'python3',
    present: () => programs('python3'),
    install: apt('python3'),
  },
  root: {
    name: 'the rights of root',
    present: () => isRoot(),
    install: 'run as root',
  },
  setpriv: {
    name: 'setpriv, and the right to become nobody',
    present: () => isRoot() && programs('setpriv'),
    install: apt('util-linux'),
  },
  mount: {
    name: 'the right to mount a tmpfs',
    present: () => runsProgram('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]),
    install: apt('mount util-linux'),
  },
  bareSystem: {
    name: 'the right to change the root folder, and a shell that needs no libraries',
    present: () => isRoot() && programs('unshare', 'chroot', 'ldd', 'tar') && existsSync('/bin/busybox'),
    install: apt('util-linux coreutils libc-bin tar busybox-static'),
  },
  controlGroups: {
    name: 'control groups that journald reads, and the right to make one',
    present: () => isRoot() && existsSync(join(controlGroups, 'cgroup.procs')),
    install: 'mount a cgroup2 file system at /sys/fs/cgroup, and run as root',
  },
  compiler: {
    name: 'C compiler',
    present: () => programs('cc'),
    install: apt('gcc libc6-dev'),
  },
  go: {
    name: 'Go',
    present: () => programs('go'),
    install: apt('golang-go'),
  },
  java: {
    name: 'Java',
    present: () => programs('java') && runsProgram('java', ['--list-modules']),
    install: apt('default-jdk-headless'),
  },
  nginx: {
    name: 'nginx',
    present: () => programs('nginx'),
    install: apt('nginx-light'),
  },
  clickhouse: {
    name: "ClickHouse's engine",
    present: () => existsSync(fileURLToPath(new URL('../clickhouse/node_modules/chdb', import.meta.url))),
    install: 'npm install --prefix tests/clickhouse',
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
 * `describe` for tests that need components. Where some are absent each of its tests is skipped, and the title says
 * what is missing and how to get it; with CI=true the block is one failed test that says so.
 */
export function describeWith(
  needed: Component | readonly Component[],
  title: string,
  body: () => void,
): void {
  const absent = [needed].flat().filter((component) => !present(component));
  if (absent.length === 0) {
    describe(title, body);
    return;
  }
  const missing = absent.map(({ name, install }) => `${name}: ${install}`).join('; ');
  if (process.env.CI !== 'true') {
    describe.skip(`${title} (needs ${missing})`, body);
    return;
  }
  describe(title, () => {
    it(`needs ${missing}`, () => {
      throw new Error(`missing: ${missing}`);
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
