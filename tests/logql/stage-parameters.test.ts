import { describe, expect, it } from 'vitest';
import { logfmtKeyError, parseJsonPath } from '../../src/logql/extraction-path.ts';
import { ipContains, parseIpAddress, parseIpPattern } from '../../src/logql/ip-pattern.ts';
import { parsePattern, patternFilterError, patternStageError } from '../../src/logql/pattern.ts';

describe('parseIpPattern', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['10.0.0.1/32', '10.0.0.1', true],
    ['10.0.0.1-10.0.0.9', '10.0.0.9', true],
    ['10.0.0.1-10.0.0.9', '10.0.0.10', false],
    ['::1', '::1', true],
    ['fe80::/10', 'febf::1', true],
    ['fe80::/10', 'fec0::1', false],
    ['2001:db8::1-2001:db8::ff', '2001:db8::42', true],
    ['::ffff:10.0.0.1', '::ffff:a00:1', true],
    ['::/0', '10.0.0.1', false],
  ])('%s with %s is %j', (pattern, address, expected) => {
    const [range, ip] = [parseIpPattern(pattern), parseIpAddress(address)];
    if (range === undefined || ip === undefined) throw new Error('did not parse');
    expect(ipContains(range, ip)).toBe(expected);
  });

  it.each([
    [''],
    ['bad'],
    ['10.0.0'],
    ['10.0.0.256'],
    ['10.0.0.01'],
    ['10.0.0.0/33'],
    ['10.0.0.0/08'],
    ['10.0.0.0/'],
    ['10.0.0.9-10.0.0.1'],
    ['1.1.1.1-::1'],
    ['1::2::3'],
    ['1:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7:8:9'],
    ['12345::'],
    [':::'],
    ['1.1.1.1 '],
  ])('refuses %j', (text) => {
    expect(parseIpPattern(text)).toBeUndefined();
  });
});

describe('parsePattern', () => {
  const shape = (pattern: string): string[] =>
    parsePattern(pattern).map((part) => (part.kind === 'capture' ? `<${part.name}>` : part.text));
  it.each([
    ['<ip> - <_> "<path>"', ['<ip>', ' - ', '<_>', ' "', '<path>', '"']],
    ['<1a><b>', ['<1a>', '<b>']],
    ['<<a>>', ['<', '<a>', '>']],
    ['<a-b> x', ['<a-b> x']],
    ['', []],
  ])('%s', (pattern, parts) => {
    expect(shape(pattern)).toEqual(parts);
  });

  it.each([
    ['<a> <b>', undefined],
    ['<_>', 'at least one capture is required'],
    ['<a><b>', "found consecutive capture '<a><b>': invalid expression"],
    ['<a> <a>', 'duplicate capture name (a): invalid expression'],
  ])('stage %s: %s', (pattern, message) => {
    expect(patternStageError(pattern)).toBe(message);
  });

  it.each([
    ['', undefined],
    ['<_> x <_>', undefined],
    ['no capture', undefined],
    ['<a>', "named captures are not allowed: found '<a>'"],
    ['<_><_>', "found consecutive capture '<_><_>': invalid expression"],
  ])('filter %s: %s', (pattern, message) => {
    expect(patternFilterError(pattern)).toBe(message);
  });
});

describe('parseJsonPath', () => {
  it.each([
    ['a', ['a']],
    ['a.b', ['a', 'b']],
    ['a[0]', ['a', 0]],
    ['a[0].b["c d"]', ['a', 0, 'b', 'c d']],
    ['["a"]', ['a']],
    ['[0][1]', [0, 1]],
    ['["a\\"b"]', ['a"b']],
  ])('%s', (path, steps) => {
    expect(parseJsonPath(path)).toEqual(steps);
  });

  it.each([
    ['', 'syntax error: unexpected $end, expecting LSB or FIELD'],
    ['a.', 'syntax error: unexpected $end, expecting FIELD'],
    ['a b', 'syntax error: unexpected FIELD'],
    ['a-b', 'unexpected char -'],
    ['[a]', 'syntax error: unexpected FIELD, expecting STRING or INDEX'],
    ['a[]', 'syntax error: unexpected RSB, expecting STRING or INDEX'],
    ['.a', 'syntax error: unexpected DOT, expecting LSB or FIELD'],
  ])('%s fails', (path, message) => {
    expect(parseJsonPath(path)).toBe(message);
  });
});

describe('logfmtKeyError', () => {
  it.each([
    ['a_1', undefined],
    ['a b', 'syntax error: unexpected KEY'],
    ['a.b', 'unexpected char .'],
    ['', 'syntax error: unexpected $end, expecting STRING or KEY'],
  ])('%j: %s', (key, message) => {
    expect(logfmtKeyError(key)).toBe(message);
  });
});
