// Go's time layouts: "Mon Jan _2 15:04:05 MST 2006" and the like, as fields.

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Go's names for its layouts. */
export const namedLayouts: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
]);

export type Field =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fraction'; readonly digits: number; readonly trim: boolean; readonly separator: string }
  | { readonly kind: 'zone'; readonly z: boolean; readonly colon: boolean; readonly parts: 1 | 2 | 3 }
  | { readonly kind: Exclude<(typeof fixedFields)[number][1], undefined> };

/** Layout words, longer ones before their prefixes. */
const fixedFields = [
  ['January', 'longMonth'],
  ['Jan', 'month'],
  ['Monday', 'longWeekday'],
  ['Mon', 'weekday'],
  ['MST', 'zoneName'],
  ['2006', 'longYear'],
  ['002', 'zeroYearDay'],
  ['01', 'zeroMonth'],
  ['02', 'zeroDay'],
  ['03', 'zeroHour12'],
  ['04', 'zeroMinute'],
  ['05', 'zeroSecond'],
  ['06', 'year'],
  ['15', 'hour'],
  ['1', 'numMonth'],
  ['__2', 'underYearDay'],
  ['_2', 'underDay'],
  ['2', 'day'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
  ['PM', 'PM'],
  ['pm', 'pm'],
] as const;

const zoneWord = /^(?:(Z|-)07(?::?00(?::?00)?)?)/;

function zoneField(word: string): Field {
  const digits = word.replace(/[^0-9]/g, '').length;
  return {
    kind: 'zone',
    z: word.startsWith('Z'),
    colon: word.includes(':'),
    parts: (digits / 2) as 1 | 2 | 3,
  };
}

function nextField(layout: string, at: number): { field: Field; length: number } | undefined {
  const rest = layout.slice(at, at + 16);
  const zone = zoneWord.exec(rest)?.[0];
  // "-07:0" and the like are only as long as the forms Go knows: -07, -0700, -07:00, -070000, -07:00:00.
  if (zone !== undefined) {
    const word = [9, 7, 6, 5, 3]
      .map((n) => rest.slice(0, n))
      .find((w) => /^[Z-](07|0700|07:00|070000|07:00:00)$/.test(w));
    if (word !== undefined) return { field: zoneField(word), length: word.length };
  }
  const fraction = /^[.,](0+|9+)(?![0-9])/.exec(layout.slice(at, at + 32));
  if (fraction) {
    const digits = (fraction[1] as string).length;
    const trim = layout[at + 1] === '9';
    return { field: { kind: 'fraction', digits, trim, separator: layout[at] as string }, length: digits + 1 };
  }
  // "_2006" is an underscore before the year, not a padded day.
  if (rest.startsWith('_2006')) return { field: { kind: 'text', text: '_' }, length: 1 };
  for (const [word, kind] of fixedFields) {
    if (!rest.startsWith(word)) continue;
    // "Jan" and "Mon" inside a longer lower-case word ("Janet", "Month") are text.
    if ((word === 'Jan' || word === 'Mon') && /^[a-z]/.test(rest.slice(3))) continue;
    return { field: { kind }, length: word.length };
  }
  return undefined;
}

/** The fields of a layout, in order. */
export function fieldsOf(layout: string): Field[] {
  const fields: Field[] = [];
  let text = '';
  for (let at = 0; at < layout.length; ) {
    const next = nextField(layout, at);
    if (next === undefined) {
      text += layout[at++];
      continue;
    }
    if (text !== '') fields.push({ kind: 'text', text });
    text = '';
    fields.push(next.field);
    at += next.length;
  }
  if (text !== '') fields.push({ kind: 'text', text });
  return fields;
}
