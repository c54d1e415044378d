// Texts that mean something to SQL, to its formats or to encodings are only texts, wherever they stand: what the store of
// the tests answers, ClickHouse must.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Matcher } from '../../src/logql/ast.ts';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { components, describeWith } from '../real/require-component.ts';
import { entryColumns, labels } from '../store/columns.ts';
import type { StoreUnderTest } from '../store/contract.ts';
import { openMemoryBackend } from '../store/memory-backend.ts';
import { linesOf, readAnyStore } from '../store/read.ts';
import { TestDatabase } from './open-clickhouse.ts';
import { everything, Shim } from './shims.ts';

const pieces = [
  ...["'", "''", "\\'", '\\', '\\\\', '"', '`', '\0', '\\0', '\n', '\r', '\t', '\u2028', '%', '_', '?', '*'],
  ...["' OR 1=1 --", "') FORMAT TabSeparated", '/*', '*/', '--', '#', ';', '{tenant:String}', "unhex('41')"],
  ...['K', 'k', '\u212a', 's', 'S', '\u017f', 'İ', 'ß', 'ü', 'Ü', '日本', '🎉', '\ufffd', 'e\u0301'],
  ...['', ' ', 'a', 'A', 'error', 'ERROR'],
];
const text = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 })
  .map((some) => some.join(''));

/** As a regex that means the text itself. */
const quoted = (plain: string): string => plain.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

const filter = fc
  .record({
    op: fc.constantFrom('|=', '!=', '|~', '!~'),
    ignoresCase: fc.boolean(),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  })
  .map(({ op, ignoresCase, texts }): LineFilterStage => {
    const isRegex = op === '|~' || op === '!~';
    const alternatives = texts.map((one) => ({
      text: isRegex ? `${ignoresCase ? '(?i)' : ''}${quoted(one)}` : one,
      ip: false,
    }));
    return { kind: 'lineFilter', op, alternatives };
  });

describeWith(components.clickhouse, 'hostile text over ClickHouse', () => {
  let shim: Shim;
  let database: TestDatabase;
  let stores: readonly StoreUnderTest[];
  beforeAll(async () => {
    shim = await Shim.start();
    database = await TestDatabase.open([shim]);
  });
  beforeEach(() => {
    stores = [database.openStore(), openMemoryBackend()];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await database.empty();
  });
  afterAll(async () => {
    await database.close();
    await shim.stop();
  });

  it('in tenants, label values, lines, metadata, matchers and filters', async () => {
    const tenants = ['fake', "o'hara", 'a.b-c_d(e)'];
    const texts = fc.sample(text, 150);
    for (const { writer } of stores)
      await writer.append(
        entryColumns(
          texts.map((line, at) => ({
            stream: writer.stream(
              tenants[at % tenants.length] as string,
              labels({ app: texts[(7 * at) % texts.length] as string, n: String(at % 5) }),
            ),
            ns: BigInt(at),
            line,
            metadata: { trace: texts[(11 * at) % texts.length] as string },
          })),
        ),
      );
    const matcher = fc
      .constantFrom(...texts)
      .map((value): readonly Matcher[] => [{ name: 'app', op: '=', value }]);
    const question = fc.record({
      tenant: fc.constantFrom(...tenants),
      matchers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: matcher }),
      lineFilters: fc.array(filter, { maxLength: 2 }),
    });
    let found = 0;
    await fc.assert(
      fc.asyncProperty(question, async (asked) => {
        const [clickHouse, memory] = await Promise.all(
          stores.map(async ({ reader, snapshot }) =>
            (await readAnyStore(reader, snapshot(), asked)).toSorted((a, b) => Number(a.ns - b.ns)),
          ),
        );
        expect(clickHouse).toEqual(memory);
        found += linesOf(memory ?? []).length;
      }),
      { numRuns: everything ? 2000 : 150 },
    );
    expect(found).toBeGreaterThan(0);
  });
});
