// Collectors inside the whole gateway under kill -9, ten times each at random moments, while 5,000 lines a second are
// written and the source is rotated (files: renamed; copied and cut) and restarted: at the end each line of the source
// is there exactly once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DockerEngine } from '../real/docker-engine.ts';
import { Journald, runTag } from '../real/journald.ts';
import { components, describeWith } from '../real/require-component.ts';
import { seed } from '../seed.ts';
import { difference } from './difference.ts';
import { KilledGateway } from './killed-gateway.ts';

const linesPerSecond = 5_000;
const kills = 10;
const withinMs = 700;
/** Written for each kill: what there is to read must not grow with the time a loaded machine takes. */
const linesPerKill = 5_000;
const testTimeoutMs = 600_000;
const nothing = { lost: [], repeated: [] };

it(
  `files, renamed and copied and cut while it runs and while it is down (SEED=${seed})`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skald-written-'));
    const log = join(folder, 'app.log');
    const gateway = new KilledGateway(`files:\n  paths: [${folder}/*.log]\n  scan_interval: 200ms\n`, seed);
    writeFileSync(log, '');
    let written = 0;
    let left = linesPerKill;
    let lastMs = performance.now();
    const write = (): void => {
      const nowMs = performance.now();
      let due = Math.min(left, Math.floor(((nowMs - lastMs) / 1000) * linesPerSecond));
      lastMs = nowMs;
      left -= due;
      let text = '';
      for (; due > 0; due--) text += `${++written}\n`;
      // Often in the middle of a line.
      const at = (text.length * 7) >> 3;
      appendFileSync(log, text.slice(0, at));
      appendFileSync(log, text.slice(at));
    };
    let rotations = 0;
    const rename = (): void => {
      renameSync(log, `${log}.${++rotations}`);
      write();
    };
    /** Nothing is written between copy and cut: that would be lost to any reader. */
    const copyAndCut = (): void => {
      copyFileSync(log, `${log}.${++rotations}`);
      truncateSync(log);
      write();
    };
    const downRotations = [
      [],
      [rename, rename],
      [copyAndCut],
      [],
      [rename, copyAndCut],
      [copyAndCut, copyAndCut],
    ];
    const writing = setInterval(write, 5);
    try {
      await gateway.start();
      // A file is known from its first commit on: what was rotated away before is nobody's.
      await gateway.lines('{job="files"}', 1);
      for (let i = 0; i < kills; i++) {
        left = linesPerKill;
        const rotatedWhileRunning =
          i % 2 === 1 && setTimeout(i % 4 === 1 ? rename : copyAndCut, withinMs / 4);
        // While it is down as well, several times in a row, and one kind after the other.
        await gateway.killWithin(withinMs, () => {
          for (const rotate of downRotations[i % downRotations.length] ?? []) rotate();
        });
        if (rotatedWhileRunning) clearTimeout(rotatedWhileRunning);
      }
      clearInterval(writing);
      const stored = await gateway.lines('{job="files"}', written);
      const numbers = Array.from({ length: written }, (_, i) => String(i + 1));
      expect(gateway.kills).toBe(kills);
      expect(difference(numbers, stored)).toEqual(nothing);
    } finally {
      clearInterval(writing);
      await gateway.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  testTimeoutMs,
);

describeWith(components.docker, 'Docker', () => {
  it(
    `a container that writes and restarts, its engine stopped and killed (SEED=${seed})`,
    async () => {
      const engine = new DockerEngine();
      const gateway = new KilledGateway(`docker:\n  host: ${engine.host}\n`, seed);
      try {
        engine.up();
        await gateway.start();
        // Numbers of one run each: a line is unique although the engine's death may cut a run anywhere.
        const container = await engine.run(
          'r=$(cat /run 2>/dev/null || echo 0); r=$((r+1)); echo $r >/run; n=$((r*1000000)); ' +
            `most=${linesPerKill / 500}; left=$most; trap 'left=$most' USR1; while :; do ` +
            'if [ $left -gt 0 ]; then left=$((left-1)); seq $n $((n+499)); n=$((n+500)); fi; usleep 95000; done',
          { name: 'writer', restart: 'always' },
        );
        for (let i = 0; i < kills; i++) {
          // One that is just being restarted begins with as many.
          await container.kill({ signal: 'SIGUSR1' }).catch(() => {});
          await gateway.killWithin(withinMs, async () => {
            if (i === 3) await container.restart({ t: 0 });
            if (i === 6) engine.stop();
            if (i === 8) engine.kill();
            if (i === 6 || i === 8) engine.up();
          });
        }
        await container.update({ RestartPolicy: { Name: 'no' } });
        await container.kill().catch(() => {});
        const { LogPath, RestartCount } = await container.inspect();
        // The engine's own file is what it has not lost itself: what was in the pipes when it was killed is in no log.
        const written = readFileSync(LogPath, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { log: string }).log.trimEnd());
        const stored = await gateway.lines('{container="writer"}', written.length);
        expect(gateway.kills).toBe(kills);
        expect(written.length, `restarts: ${RestartCount}`).toBeGreaterThan(kills * 1_000);
        expect(difference(written, stored)).toEqual(nothing);
      } finally {
        await gateway.remove();
        engine.down();
      }
    },
    testTimeoutMs,
  );
});

describeWith([components.journald, components.python], 'journal', () => {
  it(
    `a namespace whose journald rotates and restarts (SEED=${seed})`,
    async () => {
      const namespace = 'skaldkill';
      const identifier = runTag('kill', 1);
      const journald = new Journald(namespace);
      journald.up();
      const gateway = new KilledGateway(
        `journal:\n  namespace: ${namespace}\n  identifiers: [${identifier}]\n`,
        seed,
      );
      const writer = spawn('python3', [
        fileURLToPath(new URL('../real/journal-writer.py', import.meta.url)),
        namespace,
        identifier,
        String(linesPerSecond),
        String(linesPerKill),
      ]);
      let printed = '';
      writer.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      try {
        await gateway.start();
        for (let i = 0; i < kills; i++) {
          writer.stdin.write('\n');
          await gateway.killWithin(withinMs, () => {
            if (i % 3 === 1) journald.rotate();
            if (i === 5) journald.restart();
          });
          if (i % 4 === 2) journald.rotate();
        }
        writer.stdin.end();
        await once(writer, 'close');
        const written = journald.journalctl('-q', '-t', identifier, '-o', 'cat').split('\n').filter(Boolean);
        const stored = await gateway.lines('{job="systemd-journal"}', written.length);
        expect(gateway.kills).toBe(kills);
        // Datagrams that waited in the socket of a journald that ended are in no journal.
        expect(written.length, `sent: ${printed}`).toBeGreaterThan(kills * 1_000);
        expect(difference(written, stored)).toEqual(nothing);
      } finally {
        writer.kill();
        await gateway.remove();
        journald.down();
      }
    },
    testTimeoutMs,
  );
});
