// Any interleaving of appends, flushes and reads shows exactly what was acknowledged, each entry once, in order.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { entryColumns, labels, type TestEntry } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';
import { whileTime } from './while-time.ts';

type Step =
  | {
      readonly kind: 'append';
      readonly entries: readonly (readonly [stream: number, time: number, line: number])[];
    }
  | { readonly kind: 'flush' }
  | { readonly kind: 'read' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      entries: fc.array(fc.tuple(fc.nat(2), fc.nat(12), fc.nat(4)), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'read' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** The obvious store: a list; equal (stream, time, line) once, sorted by time, ties as they came. */
class Model {
  readonly #streams = new Map<number, { ns: bigint; line: string }[]>();

  append(entries: readonly TestEntry[]): void {
    for (const { stream, ns, line } of entries) {
      const list = this.#streams.get(stream) ?? [];
      this.#streams.set(stream, list);
      if (!list.some((entry) => entry.ns === ns && entry.line === line))
        list.push({ ns, line: String(line) });
    }
  }
  sorted(stream: number): { ns: bigint; line: string }[] {
    return (this.#streams.get(stream) ?? []).toSorted((a, b) => Number(a.ns - b.ns));
  }
}

let folder: string | undefined;
let store: OpenStore | undefined;
afterEach(async () => {
  await store?.close();
  if (folder !== undefined) removeFolder(folder);
  store = undefined;
  folder = undefined;
});

/** Long lines and small segments make a few pushes span segments, blocks and windows of a plan. */
const padding = 'pad '.repeat(400).trimEnd();

async function run(steps: readonly Step[]): Promise<void> {
  folder = temporaryFolder();
  const settings = { segmentBytes: 16 * 1024 };
  store = await openStore(folder, settings);
  const model = new Model();
  const ids = (open: OpenStore): number[] =>
    [0, 1, 2].map((n) => open.writer.stream('fake', labels({ n: `${n}` })));
  let streams = ids(store);
  const check = (open: OpenStore): void => {
    const read = readAll(open.reader, open.host.snapshot());
    for (const n of [0, 1, 2])
      expect(
        read.filter(({ labels: own }) => own.n === `${n}`).map(({ ns, line }) => ({ ns, line })),
      ).toEqual(model.sorted(n));
  };
  for (const action of [...steps, { kind: 'read' } as const]) {
    switch (action.kind) {
      case 'append': {
        const entries = action.entries.map(([n, time, line]) => ({
          n,
          ns: BigInt(time) * 1000n,
          line: `${line} ${padding}`,
        }));
        await store.writer.append(
          entryColumns(entries.map((entry) => ({ ...entry, stream: streams[entry.n] as number }))),
        );
        model.append(entries.map((entry) => ({ ...entry, stream: entry.n })));
        break;
      }
      case 'flush':
        await store.host.flush();
        break;
      case 'read':
        check(store);
        break;
      case 'restart':
        await store.close();
        store = await openStore(folder, settings);
        streams = ids(store);
        break;
    }
  }
  await store.close();
  store = undefined;
  removeFolder(folder);
  folder = undefined;
}

describe('exactly once', () => {
  it('under any interleaving of append, flush, read and restart', async () => {
    const steps = fc.array(step, { minLength: 3, maxLength: 25 });
    await fc.assert(fc.asyncProperty(steps, whileTime(8000, run)), { numRuns: 40, endOnFailure: true });
  });

  it('while the builder cuts blocks under a reader', async () => {
    folder = temporaryFolder();
    store = await openStore(folder, { segmentBytes: 16 * 1024, flushBytes: 64 * 1024 });
    const { writer, reader, host } = store;
    const stream = writer.stream('fake', labels({ app: 'a' }));
    let acknowledged = 0;
    for (let push = 0; push < 150; push++) {
      const entries = Array.from({ length: 20 }, (_, i) => ({
        stream,
        // Each push reaches back into the last, so blocks and segments overlap.
        ns: BigInt(push * 10 + i),
        line: `${push} ${i} ${'x'.repeat(150)}`,
      }));
      await writer.append(entryColumns(entries));
      acknowledged += entries.length;
      if (push % 5 !== 0) continue;
      const read = readWithReplan(() => readAll(reader, host.snapshot()));
      expect(read.length).toBe(acknowledged);
      expect(new Set(read.map(({ line }) => line)).size).toBe(acknowledged);
    }
    expect((await host.stats()).flushes).toBeGreaterThan(2);
  });
});

/** As the engine does: a unit whose data moved means planning again. */
function readWithReplan<T>(read: () => T): T {
  for (;;) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'UnitGoneError') throw error;
    }
  }
}
