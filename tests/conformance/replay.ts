// Replays recorded cases against a server.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { readAnswer } from './answer.ts';
import { conformanceFolder, type RecordedCase, type Step } from './cases.ts';
import { compareAnswers, optionsOf } from './compare.ts';
import { send } from './request.ts';

export interface Verdict {
  readonly id: string;
  readonly category: string;
  /** The first difference; undefined: passed. */
  readonly difference: string | undefined;
}

const retriesMax = 12;
const retryEveryMs = 250;

/** Replays cases: reading ones side by side, then writing ones in order. Verdicts come in the order of `cases`. */
export async function replay(
  baseUrl: string,
  cases: readonly RecordedCase[],
  concurrency = 4,
): Promise<Verdict[]> {
  const verdicts = new Map<string, Verdict>();
  const one = async (recorded: RecordedCase): Promise<void> => {
    const { id, category } = recorded;
    verdicts.set(id, { id, category, difference: await replayCase(baseUrl, recorded) });
  };
  const reading = cases.filter((c) => !c.writes).values();
  const lane = async (): Promise<void> => {
    for (const recorded of reading) await one(recorded);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  for (const recorded of cases.filter((c) => c.writes)) await one(recorded);
  return cases.map((c) => verdicts.get(c.id) as Verdict);
}

async function replayCase(baseUrl: string, recorded: RecordedCase): Promise<string | undefined> {
  for (const [index, step] of recorded.steps.entries()) {
    let difference = await replayStep(baseUrl, step);
    for (let tries = 1; difference !== undefined && step.retry && tries < retriesMax; tries++) {
      await delay(retryEveryMs);
      difference = await replayStep(baseUrl, step);
    }
    if (difference !== undefined)
      return recorded.steps.length > 1 ? `step ${index}: ${difference}` : difference;
  }
  return undefined;
}

async function replayStep(baseUrl: string, step: Step): Promise<string | undefined> {
  try {
    const got = readAnswer(step.kind, await send(baseUrl, step.req), step.opts);
    return compareAnswers(step.kind, step.want, got, optionsOf(step));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const datasetFolder = join(conformanceFolder, 'dataset');

/** The data set's push bodies, as JSON text, in order. */
export function datasetBodies(): Buffer[] {
  return readdirSync(datasetFolder)
    .filter((name) => name.startsWith('push-'))
    .sort()
    .map((name) => gunzipSync(readFileSync(join(datasetFolder, name))));
}

/** Pushes the data set; throws when a push is refused. */
export async function pushDataset(baseUrl: string): Promise<void> {
  for (const [index, body] of datasetBodies().entries()) {
    const answer = await send(baseUrl, {
      method: 'POST',
      path: '/loki/api/v1/push',
      headers: { 'content-type': 'application/json' },
      b64: body.toString('base64'),
    });
    if (answer.status !== 204)
      throw new Error(`push ${index}: ${answer.failure ?? `${answer.status} ${answer.text}`}`);
  }
}
