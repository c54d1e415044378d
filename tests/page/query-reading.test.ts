// How the page reads what is typed: plain words, what may be completed, what is to be marked.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { completionPlace } from '../../src/page/query/completion-place.ts';
import { filterTerms } from '../../src/page/query/filter-terms.ts';
import { queryOfWords } from '../../src/page/query/plain-words.ts';
import { piecesOf, skeletonOf, withoutComments } from '../../src/page/query/query-scan.ts';

const all = '{service_name=~".+"}';

describe('plain words', () => {
  it.each([
    ['one', 'timeout', `${all} |~ "(?i)timeout"`],
    ['several', 'error  timeout', `${all} |~ "(?i)error" |~ "(?i)timeout"`],
    ['in quotes', '"connection refused"', `${all} |~ "(?i)connection refused"`],
    ['left out', 'error -debug', `${all} |~ "(?i)error" !~ "(?i)debug"`],
    ['a label', 'service_name:web slow', `${all} | service_name="web" |~ "(?i)slow"`],
    ['a label left out', '-env=prod', `${all} | env!="prod"`],
    ['a level', 'level:error', `${all} | detected_level="error"`],
    ['a field of dots', 'user.id=7', `${all} | user_id="7"`],
    ['signs of an expression', 'a.b(c)*', `${all} |~ "(?i)a\\\\.b\\\\(c\\\\)\\\\*"`],
    ['an address', 'http://example.org/a', `${all} |~ "(?i)http://example\\\\.org/a"`],
    ['a time of day', '14:00:30', `${all} |~ "(?i)14:00:30"`],
    ['a number', '404', `${all} |~ "(?i)404"`],
    ['a date', '2026-11-30', `${all} |~ "(?i)2026-11-30"`],
    ['a name with a colon at its end', 'error: failed', `${all} |~ "(?i)error:" |~ "(?i)failed"`],
    ['a word before a bracket', 'failed (again)', `${all} |~ "(?i)failed" |~ "(?i)\\\\(again\\\\)"`],
  ])('%s', (_, words, query) => {
    expect(queryOfWords(words)).toBe(query);
    expect(parseExpr(query).kind).toBe('logQuery');
  });

  it.each(
    [
      [
        '',
        '   ',
        '{app="a"}',
        'rate({app="a"}[5m])',
        'sum by (a) (rate({app="a"}[5m]))',
        '# a comment\n{a="b"}',
      ],
      ['topk(5, rate({a="b"}[1m]))', '1 + 1', '(rate({a="b"}[1m]))', '{a=', 'count_over_time('],
    ].flat(),
  )('leaves LogQL as it is: %j', (query) => {
    expect(queryOfWords(query)).toBeUndefined();
  });

  it('any words make a query that can be asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (words) => {
        const query = queryOfWords(words);
        if (query !== undefined) expect(parseExpr(query).kind).toBe('logQuery');
      }),
    );
  });
});

describe('pieces of a query', () => {
  it('cover it without gaps, and the skeleton keeps all places', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '`', '\\', '#', '\n', 'a', '{', '}', ' ') });
    fc.assert(
      fc.property(text, (query) => {
        const pieces = piecesOf(query);
        let at = 0;
        for (const { start, end } of pieces) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBe(query.length);
        expect(skeletonOf(query).length).toBe(query.length);
      }),
    );
  });

  it.each([
    ['{a="b"} # c', '{a="b"}'],
    ['# c\n{a="b"} # d\n|= "#"', '{a="b"} \n|= "#"'],
    ['{a="\\"#"}', '{a="\\"#"}'],
    ['{a=`#`}', '{a=`#`}'],
  ])('%j without comments', (query, wanted) => {
    expect(withoutComments(query)).toBe(wanted);
  });
});

describe('terms to mark', () => {
  it.each([
    ['{a="b"}', []],
    ['{a="b"} |= "x" != "y" |~ `z+` !~ "w"', ['text x', 'pattern z+']],
    ['{a="b"} |= "x" or "y" |= `q`', ['text x', 'text y', 'text q']],
    ['{a="b"} |= "say \\"hi\\"\\n" | json | c="|= d"', ['text say "hi"\n']],
    ['sum(rate({a="b"} |= "x" [5m]))', ['text x']],
    ['{a="b"} |= ""', []],
  ])('%s', (query, wanted) => {
    expect(filterTerms(query).map(({ kind, value }) => `${kind} ${value}`)).toEqual(wanted);
  });
});

describe('what may be completed at |', () => {
  it.each([
    ['|', 'function'],
    ['su|', 'function'],
    ['{|', 'labelName'],
    ['{ap|', 'labelName'],
    ['{app="x", e|', 'labelName'],
    ['{app=|', 'labelValue app []'],
    ['{app="|', 'labelValue app []'],
    ['{app="we|"}', 'labelValue app []'],
    ['{env="prod", app=~"we|', 'labelValue app [env="prod"]'],
    ['{app="a,b", env=|', 'labelValue env [app="a,b"]'],
    ['{app="x"} | |', 'stage'],
    ['{app="x"} | js|', 'stage'],
    ['{app="x"} |= "err|', undefined],
    ['{app="x"} |= "{|', undefined],
    ['{app="x"} # js|', undefined],
    ['sum by (|', 'field'],
    ['sum by (a, b|', 'field'],
    ['{app="x"} | json | keep a, b|', 'field'],
    ['rate({app="x"}[|', 'duration'],
    ['rate({app="x"}[5|', 'duration'],
    ['sum(|', 'function'],
  ])('%s', (text, wanted) => {
    const at = text.lastIndexOf('|');
    const place = completionPlace(text.slice(0, at) + text.slice(at + 1), at);
    const shown = place?.kind === 'labelValue' ? `labelValue ${place.name} [${place.others}]` : place?.kind;
    expect(shown).toBe(wanted);
  });
});
