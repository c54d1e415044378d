// Flags and words of one command. Read here and not by node:util, whose messages and single dashes differ from
// what people know of logcli: `-limit=5`, `--limit 5`, `-q`, `-qf`, `--` before a word that starts with a dash.
import { suggestion } from '../../config/config-error.ts';
import { type Flag, UsageError } from './command.ts';

export interface Arguments {
  readonly words: readonly string[];
  /** Value of a flag; the last one wins. */
  text(name: string): string | undefined;
  /** All values of a repeated flag, in order. */
  list(name: string): readonly string[];
  /** Whether a switch is given. */
  on(name: string): boolean;
}

/** Throws UsageError. */
export function parseArguments(flags: readonly Flag[], given: readonly string[]): Arguments {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  const rest = [...given];
  for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
    if (item === '--') {
      words.push(...rest);
      break;
    }
    if (!item.startsWith('-') || item === '-') {
      words.push(item);
      continue;
    }
    for (const { flag, raw, inline } of flagsOf(flags, item)) {
      let value = inline;
      if (flag.value === undefined) {
        if (value !== undefined && value !== 'true' && value !== 'false')
          throw new UsageError(`flag ${raw} takes no value`);
        value ??= 'true';
      } else {
        value ??= rest.shift();
        if (value === undefined) throw new UsageError(`flag ${raw} needs a value (${flag.value})`);
        if (flag.choices !== undefined && !flag.choices.includes(value))
          throw new UsageError(`flag ${raw}: expected one of ${flag.choices.join(', ')}, got "${value}"`);
      }
      const earlier = values.get(flag.name);
      if (earlier === undefined) values.set(flag.name, [value]);
      else earlier.push(value);
    }
  }
  return {
    words,
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    on: (name) => values.get(name)?.at(-1) === 'true',
  };
}

interface GivenFlag {
  readonly flag: Flag;
  /** As it was written, for messages. */
  readonly raw: string;
  /** What stood after `=`. */
  readonly inline: string | undefined;
}

function flagsOf(flags: readonly Flag[], item: string): readonly GivenFlag[] {
  const [, dashes = '', name = '', , inline] = /^(--?)([^=]*)(=(.*))?$/s.exec(item) ?? [];
  const long = flags.find((flag) => flag.name === name);
  if (long !== undefined) return [{ flag: long, raw: dashes + name, inline }];
  const unknown = (): UsageError =>
    new UsageError(
      `unknown flag ${dashes}${name}${suggestion(
        name,
        flags.map((flag) => flag.name),
      )}`,
    );
  if (dashes === '--') throw unknown();
  const given: GivenFlag[] = [];
  for (let i = 0; i < name.length; i++) {
    const flag = flags.find(({ short }) => short === name[i]);
    if (flag === undefined) throw unknown();
    const raw = `-${flag.short}`;
    const behind = name.slice(i + 1);
    // A letter that takes a value takes what is behind it: -ojsonl.
    if (flag.value !== undefined) {
      const value = behind + (inline === undefined ? '' : behind === '' ? inline : `=${inline}`);
      given.push({ flag, raw, inline: value === '' && inline === undefined ? undefined : value });
      break;
    }
    given.push({ flag, raw, inline: behind === '' ? inline : undefined });
  }
  return given;
}
