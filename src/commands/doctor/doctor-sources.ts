// What is collected on this machine: Docker's and the journal's sockets and permissions, files.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { detectSources } from '../../collectors/collector-kinds.ts';
import type { Config } from '../../config/config.ts';
import type { Finding } from './doctor-finding.ts';

const pingTimeoutMs = 3000;

/** One finding a source, and one for each file that cannot be read. */
export async function checkSources(
  { collectors }: Config,
  searchPath: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, runs, sentence, trouble } of await detectSources(collectors, searchPath)) {
    const text = sentence.slice(name.length + 2);
    if (trouble !== '') {
      // Wanted but not there is wrong; not there and not asked for is only said.
      const state = runs ? 'wrong' : 'warning';
      findings.push({
        state,
        subject: name,
        text: runs ? 'configured, but it cannot be collected' : 'not collected',
        advice: trouble,
      });
      continue;
    }
    const host = collectors.docker.host;
    const silent =
      runs && name === 'docker' && host.startsWith('unix://')
        ? await dockerSilence(host.slice('unix://'.length), signal)
        : undefined;
    findings.push(
      silent === undefined
        ? { state: 'ok', subject: name, text }
        : {
            state: 'wrong',
            subject: name,
            text: `the engine at ${host} does not answer: ${silent}`,
            advice: 'is Docker running? (systemctl status docker)',
          },
    );
    if (runs && name === 'files')
      for (const target of collectors.files.targets)
        for (const glob of target.include) findings.push(...(await checkFiles(glob)));
  }
  return findings;
}

/** Undefined when the engine answers its ping. */
function dockerSilence(socketPath: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: pingTimeoutMs, signal }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `it answered ${response.statusCode}`);
    });
    ping.on('timeout', () => ping.destroy(new Error(`nothing within ${pingTimeoutMs / 1000} s`)));
    ping.on('error', (error) => resolve(error.message));
    ping.end();
  });
}

/** A plain path must be readable; of a pattern, the folder before its first wildcard. */
async function checkFiles(glob: string): Promise<readonly Finding[]> {
  const wildcard = glob.search(/[*?[{]/);
  const path = wildcard < 0 ? glob : dirname(`${glob.slice(0, wildcard)}x`);
  try {
    await access(path, wildcard < 0 ? constants.R_OK : constants.R_OK | constants.X_OK);
    return [];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? [
          {
            state: 'warning',
            subject: 'files',
            text: `${path} is not there (yet)`,
            advice: `check the path ${glob}; in a container, mount it`,
          },
        ]
      : [
          {
            state: 'wrong',
            subject: 'files',
            text: `${path} cannot be read: ${message}`,
            advice: 'add the user to the group that owns it (often adm)',
          },
        ];
  }
}
