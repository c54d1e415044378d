// Members of JSON objects, found by a kernel in a memory of its own: a block of lines that is loaded at once, or one
// line. There is one in a thread.
import { fixedMemory, instantiateKernel, slackBytes } from './wasm.ts';

/** Objects with more members, and those that go deeper, are not read. */
const membersMax = 128;
const depthMax = 64;
/** Of a block, and of a line that is read by itself. Longer ones are not read. */
const blockBytesMax = 512 * 1024;
const lineBytesMax = 512 * 1024;
const knownNamesMax = 1_000;
/** Of all tables of names; when they are full they begin anew. */
const tablesBytesMax = 256 * 1024;

/** Bytes of what the kernel writes of a member. */
const memberBytes = 32;
const slotCount = 256;
const knownHeadBytes = 12;
const nameBitsBytes = 128;

const kib = 1024;
// The first 64 KB belong to the kernel's own data.
const outAt = 64 * kib;
const lastAt = outAt + membersMax * memberBytes;
// Written 16 bytes at a time.
const closingsAt = lastAt + knownNamesMax * 4 + 16;
const bitsAt = closingsAt + depthMax;
const tablesAt = bitsAt + nameBitsBytes;
const blockAt = tablesAt + tablesBytesMax + slackBytes;
const lineAt = blockAt + blockBytesMax + slackBytes;
const endAt = lineAt + lineBytesMax + slackBytes;

/** Names to be told by their place among them. */
export interface KnownNames {
  readonly bytes: readonly Uint8Array[];
}

/** Undefined: more than are told by number. */
export function knownNames(names: readonly string[]): KnownNames | undefined {
  const known = { bytes: names.map((name) => new TextEncoder().encode(name)) };
  return names.length > knownNamesMax || tableBytes(known) > tablesBytesMax ? undefined : known;
}

const nameBytes = ({ length }: Uint8Array): number => knownHeadBytes + Math.ceil(length / 4) * 4;
const tableBytes = ({ bytes }: KnownNames): number =>
  bytes.reduce((sum, name) => sum + nameBytes(name), slotCount * 4);

type Kernels = Record<
  'setPlaces' | 'addName' | 'walk' | 'areAscii' | 'mayRepeat',
  (...args: number[]) => number
>;

export class MemberWalker {
  /** Six numbers of each member: see {@link memberWords}. */
  readonly words: Int32Array;
  /** By {@link valueAt}: of whole numbers. */
  readonly numbers: Float64Array;
  /** The last member of each known name; -1 where there is none. */
  readonly last: Int32Array;
  /** What places count in. */
  readonly bytes: Buffer;
  /** Walks so far: what is read of one is gone with the next. */
  walks = 0;
  readonly #kernels: Kernels;
  /** Where the tables of names are. */
  readonly #tables = new Map<KnownNames, number>();
  #tablesEnd = tablesAt;
  #last: { readonly known: KnownNames; readonly table: number } | undefined;

  constructor() {
    const memory = fixedMemory(endAt);
    const { buffer } = memory;
    this.words = new Int32Array(buffer, outAt, (membersMax * memberBytes) / 4);
    this.numbers = new Float64Array(buffer, outAt, (membersMax * memberBytes) / 8);
    this.last = new Int32Array(buffer, lastAt, knownNamesMax);
    this.bytes = Buffer.from(buffer);
    this.#kernels = instantiateKernel('members', memory, [
      'setPlaces',
      'addName',
      'walk',
      'areAscii',
      'mayRepeat',
    ]);
    this.#kernels.setPlaces(outAt, lastAt, closingsAt, bitsAt, membersMax, depthMax);
  }

  /** Takes a block of lines; where it begins, to be added to the places of lines in it. Undefined: too long. */
  loadBlock(block: Uint8Array): number | undefined {
    if (block.length > blockBytesMax) return undefined;
    this.bytes.set(block, blockAt);
    return blockAt;
  }

  /** Takes a line by itself, in UTF-8: its start and, in `lineEnd`, its end. Undefined: too long. */
  loadLine(line: string): { readonly start: number; readonly end: number } | undefined {
    if (line.length * 3 > lineBytesMax && Buffer.byteLength(line) > lineBytesMax) return undefined;
    return { start: lineAt, end: lineAt + this.bytes.write(line, lineAt) };
  }

  /** How many members the object has whose text is there; -1 when it is none, or one that is not read. */
  walk(known: KnownNames, start: number, end: number): number {
    if (known !== this.#last?.known)
      this.#last = { known, table: this.#tables.get(known) ?? this.#load(known) };
    this.walks++;
    return this.#kernels.walk(start, end, this.#last.table, known.bytes.length);
  }

  /** False at times too where all texts of the last walk are ASCII. */
  get areAscii(): boolean {
    return this.#kernels.areAscii() === 1;
  }

  /** False: no two names of the last walk are equal. */
  get mayRepeat(): boolean {
    return this.#kernels.mayRepeat() !== 0;
  }

  /** Writes the table of the names; where it is. */
  #load(known: KnownNames): number {
    const bytes = tableBytes(known);
    if (this.#tablesEnd + bytes > tablesAt + tablesBytesMax) {
      this.#tables.clear();
      this.#tablesEnd = tablesAt;
    }
    const table = this.#tablesEnd;
    this.bytes.fill(0, table, table + slotCount * 4);
    let at = table + slotCount * 4;
    for (const [number, name] of known.bytes.entries()) {
      this.bytes.writeUInt32LE(name.length, at + 4);
      this.bytes.writeUInt32LE(number, at + 8);
      this.bytes.set(name, at + knownHeadBytes);
      this.#kernels.addName(table, at);
      at += nameBytes(name);
    }
    this.#tablesEnd = at;
    this.#tables.set(known, table);
    return table;
  }
}

/** Of a member: where its words begin is `memberLength` times its place. */
export const memberLength = memberBytes / 4;
/** The words of a member, by name. */
export const memberWords = {
  nameStart: 0,
  nameEnd: 1,
  valueStart: 2,
  valueEnd: 3,
  kind: 4,
  known: 5,
  escape: 6,
} as const;

let walker: MemberWalker | undefined;

/** The thread's. */
export function memberWalker(): MemberWalker {
  walker ??= new MemberWalker();
  return walker;
}
