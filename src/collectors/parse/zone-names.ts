// Abbreviations of time zones as logs write them. Several of them mean different zones to different people: of these the
// one that the reader's own zone keeps at that moment counts, else the first one listed.

const hour = 3600;
const hours = (...list: readonly number[]): readonly number[] => list.map((one) => one * hour);

/** Seconds east of Greenwich. */
const offsets: Readonly<Record<string, readonly number[]>> = {
  ...{ Z: hours(0), UTC: hours(0), GMT: hours(0), UT: hours(0), WET: hours(0) },
  ...{
    WEST: hours(1),
    CET: hours(1),
    CEST: hours(2),
    MET: hours(1),
    MEST: hours(2),
    MEZ: hours(1),
    MESZ: hours(2),
  },
  ...{
    EET: hours(2),
    EEST: hours(3),
    MSK: hours(3),
    TRT: hours(3),
    SAST: hours(2),
    WAT: hours(1),
    EAT: hours(3),
  },
  ...{ EDT: hours(-4), CDT: hours(-5, -4), MDT: hours(-6), PDT: hours(-7), ADT: hours(-3) },
  ...{ NDT: hours(-2.5), NST: hours(-3.5), AKST: hours(-9), AKDT: hours(-8), HST: hours(-10) },
  ...{
    BRT: hours(-3),
    ART: hours(-3),
    PKT: hours(5),
    HKT: hours(8),
    SGT: hours(8),
    WIB: hours(7),
    ICT: hours(7),
  },
  ...{ JST: hours(9), KST: hours(9), AWST: hours(8), ACST: hours(9.5), ACDT: hours(10.5), AEST: hours(10) },
  ...{ AEDT: hours(11), NZST: hours(12), NZDT: hours(13) },
  // India, Ireland, Israel.
  IST: hours(5.5, 1, 2),
  // Britain in summer, Bangladesh.
  BST: hours(1, 6),
  // The Americas, and China, the Philippines, Arabia, Malaysia, Australia's east.
  CST: hours(-6, 8, -5),
  PST: hours(-8, 8),
  AST: hours(-4, 3),
  MST: hours(-7, 8),
  EST: hours(-5, 10),
};

export interface ZoneText {
  /** Seconds east of Greenwich: what it may mean, the likeliest first. */
  readonly offsets: readonly number[];
  /** Offset just behind it. */
  readonly end: number;
}

const nameCharsMax = 4;
/** Capital letters as one number: nothing is cut out of a line for a word that is no zone. */
const packed = (name: string): number =>
  [...name].reduce((sum, char) => sum * 32 + char.charCodeAt(0) - 64, 0);
const offsetsByPacked = new Map(Object.entries(offsets).map(([name, list]) => [packed(name), list]));

const letters = 26;
/** 1 for the first two letters of names: the words behind a line's time are mostly levels, and end here. */
const beginnings = new Uint8Array(letters * letters);
for (const name of Object.keys(offsets))
  if (name.length > 1) beginnings[(name.charCodeAt(0) - 65) * letters + name.charCodeAt(1) - 65] = 1;

/** A name at `at`, not followed by a letter or digit. */
export function zoneName(text: string, at: number): ZoneText | undefined {
  const first = text.charCodeAt(at) - 65;
  const second = text.charCodeAt(at + 1) - 65;
  const isName = first >= 0 && first < letters;
  if (!isName || (second >= 0 && second < letters && beginnings[first * letters + second] === 0))
    return undefined;
  let end = at;
  let name = 0;
  for (let code = text.charCodeAt(end); code >= 65 && code <= 90; code = text.charCodeAt(end)) {
    name = name * 32 + code - 64;
    if (++end - at > nameCharsMax) return undefined;
  }
  if (isWordAt(text, end)) return undefined;
  const meant = offsetsByPacked.get(name);
  return meant && { offsets: meant, end };
}

function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 95;
}
