// Changes of a query's text give queries that mean what was clicked.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { parseSelector } from '../../src/logql/parser.ts';
import { selectorOf, withLabelFilter, withMatcher, withSelector } from '../../src/page/query/query-text.ts';

describe('query text', () => {
  it.each([
    ['an empty query', '', '{a="b"}'],
    ['an empty selector', '{}', '{a="b"}'],
    ['a selector', '{x="y"}', '{x="y", a="b"}'],
    ['a pipeline', '{x="y"} |= "z" | json', '{x="y", a="b"} |= "z" | json'],
    ['a brace in quotes', '{x="}"} |= "{"', '{x="}", a="b"} |= "{"'],
    ['a quote in quotes', '{x="\\"}"}', '{x="\\"}", a="b"}'],
    ['backticks', '{x=~`\\d}`}', '{x=~`\\d}`, a="b"}'],
    ['an aggregation', 'sum(rate({x="y"}[5m]))', 'sum(rate({x="y", a="b"}[5m]))'],
  ])('adds a matcher to %s', (_name, query, wanted) => {
    expect(withMatcher(query, 'a', '=', 'b')).toBe(wanted);
  });

  it('adds a label filter as the last stage', () => {
    expect(withLabelFilter('{x="y"} | json ', 'a', '!=', 'b"c')).toBe('{x="y"} | json | a!="b\\"c"');
  });

  it.each([
    ['{x="y"} | json', '{a="b"} | json'],
    ['rate({x="y"}[5m])', 'rate({a="b"}[5m])'],
    ['', '{a="b"}'],
  ])('puts another selector into %s', (query, wanted) => {
    expect(withSelector(query, '{a="b"}')).toBe(wanted);
  });

  it('makes selectors of any values, which match these and no others', () => {
    const values = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(values, fc.string({ unit: 'binary' }), (list, other) => {
        const matchers = compileMatchers(parseSelector(selectorOf(new Map([['a', new Set(list)]]))));
        for (const value of [...list, other])
          expect(matchesLabels(matchers, [['a', value]])).toBe(list.includes(value));
      }),
      { numRuns: 60 },
    );
  });
});
