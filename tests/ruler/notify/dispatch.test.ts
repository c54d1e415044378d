// When receivers are told: a script of what fires, by seconds, and what they are told.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelsFromPairs } from '../../../src/model/labels.ts';
import {
  type CurrentAlert,
  dispatch,
  type GroupMemory,
  type GroupTiming,
} from '../../../src/ruler/notify/dispatch.ts';

const timing: GroupTiming = { waitMs: 30, intervalMs: 300, repeatMs: 3600, sendResolved: true };

/** `a b!`: a fires, b fires and is silenced; `a@5`: it fires since 5. */
function firing(text: string): ReadonlyMap<string, CurrentAlert> {
  const words = text.split(' ').filter((word) => word !== '');
  return new Map(
    words.map((word) => {
      const [, name = '', since = '0', muted = ''] = /^(\w+)(?:@(\d+))?(!?)$/.exec(word) ?? [];
      const alert = {
        labels: labelsFromPairs([['alertname', name]]),
        annotations: [],
        startsAtMs: Number(since),
        generatorUrl: '',
      };
      return [name, { alert, isMuted: muted === '!' }];
    }),
  );
}

interface Look {
  readonly at: number;
  readonly firing: string;
  /** Of alerts that are over: those that are silenced. */
  readonly muted?: string;
}

/** `30: +a +b -c`: at 30 it is told that a and b fire and that c is over; `=` stands before what is told again. */
function play(looks: readonly Look[], settings: Partial<GroupTiming> = {}): readonly string[] {
  let memory: GroupMemory | undefined;
  const told: string[] = [];
  for (const { at, firing: text, muted = '' } of looks) {
    const group = {
      labels: [],
      alerts: firing(text),
      isMuted: (labels: readonly (readonly [string, string])[]) =>
        muted.split(' ').includes(labels[0]?.[1] ?? ''),
    };
    const result = dispatch(memory, group, at, { ...timing, ...settings });
    // Kept and read again, as after a restart.
    memory = result.memory && { ...result.memory, told: new Map(result.memory.told) };
    if (result.notice === undefined) continue;
    const names = result.notice.alerts.map(
      ({ labels, endsAtMs }) => `${endsAtMs === undefined ? '+' : '-'}${labels[0]?.[1]}`,
    );
    told.push(`${at}${result.notice.isReminder ? '=' : ''}: ${names.join(' ')}`);
  }
  return told;
}

it.each<[rule: string, looks: readonly Look[], told: readonly string[], settings?: Partial<GroupTiming>]>([
  ['the first waits for others', [look(0, 'a'), look(29, 'a b'), look(30, 'a b')], ['30: +a +b']],
  ['what is over before it was told is nobody’s news', [look(0, 'a'), look(20, ''), look(40, '')], []],
  [
    'a change waits for the interval, then all that fires is told',
    [look(0, 'a'), look(30, 'a'), look(31, 'a b'), look(329, 'a b'), look(330, 'a b')],
    ['30: +a', '330: +a +b'],
  ],
  [
    'the end is told, and then forgotten',
    [look(0, 'a'), look(30, 'a'), look(330, ''), look(4000, '')],
    ['30: +a', '330: -a'],
  ],
  [
    'the end of one among others',
    [look(0, 'a b'), look(30, 'a b'), look(400, 'b')],
    ['30: +a +b', '400: +b -a'],
  ],
  [
    'what goes on is told again',
    [look(0, 'a'), look(30, 'a'), look(3629, 'a'), look(3630, 'a')],
    ['30: +a', '3630=: +a'],
  ],
  [
    'firing anew is news though nobody saw the end',
    [look(0, 'a'), look(30, 'a'), look(330, 'a@200')],
    ['30: +a', '330: +a'],
  ],
  [
    'no end where nobody wants to know',
    [look(0, 'a'), look(30, 'a'), look(330, ''), look(400, '')],
    ['30: +a'],
    { sendResolved: false },
  ],
  ['a silenced alert is told to nobody', [look(0, 'a!'), look(4000, 'a!')], []],
  ['when the silence is over it is', [look(0, 'a!'), look(100, 'a'), look(130, 'a')], ['130: +a']],
  [
    'a silence put on later keeps the end back while it lasts',
    [look(0, 'a b'), look(30, 'a b'), look(400, 'a! b'), look(500, 'b', 'a'), look(900, 'b')],
    ['30: +a +b'],
  ],
  [
    'a silence put on later and taken away is no news',
    [look(0, 'a'), look(30, 'a'), look(400, 'a!'), look(800, 'a')],
    ['30: +a'],
  ],
  [
    'a clock that was set back',
    [look(5000, 'a'), look(5030, 'a'), look(100, 'a b'), look(200, 'a b')],
    ['5030: +a', '100: +a +b'],
  ],
])('%s', (_, looks, told, settings) => {
  expect(play(looks, settings)).toEqual(told);
});

function look(at: number, text: string, muted = ''): Look {
  return { at, firing: text, muted };
}

it('leaves nobody with something else than what is so, however often it looks', () => {
  const script = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.subarray(['a', 'b', 'c'])), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(script, (steps) => {
      let at = 0;
      const looks = steps.map(([after, names]) => {
        at += after;
        return look(at, names.join(' '));
      });
      const last = looks.at(-1)?.firing ?? '';
      // Time for what waits.
      const rest = [look(at + 400, last), look(at + 800, last)];
      const known = new Set<string>();
      for (const line of play([...looks, ...rest]))
        for (const word of line.split(' ').slice(1))
          if (word.startsWith('+')) known.add(word.slice(1));
          else known.delete(word.slice(1));
      expect([...known].sort().join(' ')).toBe(last);
    }),
  );
});
