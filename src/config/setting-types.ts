// The kinds of values a setting can have. Each reads YAML's own types as well as the text of an environment variable
// or flag, says what it expects, and prints its value back as one would write it.

import { z } from 'zod';
import { formatDataSize, parseDataSize } from '../go/data-size.ts';
import { formatPrometheusDuration, parsePrometheusDuration } from '../go/prometheus-duration.ts';
import { parseRfc3339 } from '../go/rfc3339.ts';
import { nsPerMs } from '../model/time.ts';

/** One setting's type: `parse` gives undefined for what is not such a value. */
export interface SettingType<T> {
  /** Completes "expected …". */
  readonly expected: string;
  readonly parse: (value: unknown) => T | undefined;
  readonly print: (value: T) => unknown;
}

/** The same for a setting that few have, whose reader is loaded for it. */
export type LoadedSettingType<T> = Omit<SettingType<T>, 'parse'> & {
  readonly parse: (value: unknown) => Promise<T | undefined>;
};

const same = <T>(value: T): unknown => value;

/** zod's view of a setting; its issues carry the "expected …" text. */
export function zodType<T>(type: SettingType<T> | LoadedSettingType<T>): z.ZodType<T> {
  return z.unknown().transform((value, context): T | Promise<T> => {
    const read = (parsed: T | undefined): T => {
      if (parsed !== undefined) return parsed;
      context.issues.push({ code: 'custom', message: `expected ${type.expected}`, input: value });
      return z.NEVER;
    };
    const parsed = type.parse(value);
    return parsed instanceof Promise ? parsed.then(read) : read(parsed);
  }) as z.ZodType<T>;
}

export const text: SettingType<string> = {
  expected: 'text',
  parse: (value) =>
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined,
  print: same,
};

export const flag: SettingType<boolean> = {
  expected: 'true or false',
  parse: (value) => {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === '1') return true;
    return value === 'false' || value === '0' ? false : undefined;
  },
  print: same,
};

/** True, false, or left to what other settings say. */
export const automaticFlag: SettingType<boolean | 'auto'> = {
  expected: 'auto, true or false',
  parse: (value) => (value === 'auto' ? value : flag.parse(value)),
  print: same,
};

export function oneOf<const T extends string>(...words: readonly T[]): SettingType<T> {
  return {
    expected: `one of ${words.join(', ')}`,
    parse: (value) => words.find((word) => word === value),
    print: same,
  };
}

/** A number from `min` to `max`, whole unless `fraction`. */
export function number(
  min: number,
  max: number,
  options: { readonly fraction?: boolean } = {},
): SettingType<number> {
  const kind = options.fraction === true ? 'a number' : 'a whole number';
  return {
    expected: max === Number.MAX_SAFE_INTEGER ? `${kind} of ${min} or more` : `${kind} from ${min} to ${max}`,
    parse: (value) => {
      const parsed =
        typeof value === 'number'
          ? value
          : typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim())
            ? Number(value)
            : Number.NaN;
      const fits = parsed >= min && parsed <= max && (options.fraction === true || Number.isInteger(parsed));
      return fits ? parsed : undefined;
    },
    print: same,
  };
}

export const count = number(0, Number.MAX_SAFE_INTEGER);
export const port = number(0, 65_535);

/** A port, or nobody listens. */
export const optionalPort: SettingType<number | 'off'> = {
  expected: 'off, or a port from 0 to 65535',
  // YAML 1.1 and people who know it read `off` as false.
  parse: (value) => (value === 'off' || value === false ? 'off' : port.parse(value)),
  print: same,
};

/** A duration in ms, written `7d`, `1h30m`, `500ms` or `0`. */
export const duration: SettingType<number> = {
  expected: 'a duration such as 7d, 1h30m or 500ms',
  parse: (value) => {
    if (value === 0) return 0;
    const ns = typeof value === 'string' ? parsePrometheusDuration(value.trim()) : '';
    return typeof ns === 'string' ? undefined : Number(ns / nsPerMs);
  },
  print: (ms) => formatPrometheusDuration(BigInt(ms) * nsPerMs),
};

/** A size in bytes, written `256KB`, `16MB` or a number; units are powers of 1024, as in Loki's configuration. */
export const byteSize: SettingType<number> = {
  expected: 'a size such as 256KB or 16MB',
  parse: (value) => {
    if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
    return typeof value === 'string' ? parseDataSize(value) : undefined;
  },
  print: formatDataSize,
};

/** A size of at most this many bytes. */
export const byteSizeUpTo = (max: number): SettingType<number> => ({
  ...byteSize,
  expected: `a size such as 256KB, at most ${byteSize.print(max)}`,
  parse: (value) => {
    const bytes = byteSize.parse(value);
    return bytes !== undefined && bytes <= max ? bytes : undefined;
  },
});

/** A moment in Unix ms, written in RFC 3339; 0: none. */
export const instant: SettingType<number> = {
  expected: 'a time such as 2026-11-24T12:00:00Z, or 0',
  parse: (value) => {
    if (value === 0 || value === '0' || value === '') return 0;
    if (value instanceof Date) return value.getTime();
    const time = typeof value === 'string' ? parseRfc3339(value) : undefined;
    return time && time.seconds * 1000 + Math.floor(time.nanos / 1e6);
  },
  print: (ms) => (ms === 0 ? 0 : new Date(ms).toISOString()),
};

/** A list of texts; as text, separated by commas. */
export const textList: SettingType<readonly string[]> = {
  expected: 'a list of texts, or text separated by commas',
  parse: (value) => {
    if (typeof value === 'string')
      return value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    if (!Array.isArray(value)) return undefined;
    const items = value.map((item) => text.parse(item));
    return items.every((item) => item !== undefined) ? items : undefined;
  },
  print: (list) => [...list],
};

/** Label names and values; as text, `a=b,c=d`. */
export const labelMap: SettingType<Readonly<Record<string, string>>> = {
  expected: 'labels, as a mapping of texts or as a=b,c=d',
  parse: (value) => {
    const pairs =
      typeof value === 'string'
        ? (textList.parse(value) ?? []).map((item) => item.split(/=(.*)/s).slice(0, 2))
        : typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.entries(value)
          : undefined;
    if (pairs === undefined) return undefined;
    const labels: Record<string, string> = {};
    for (const [name, item] of pairs) {
      const label = text.parse(item);
      if (name === undefined || label === undefined || !/^[a-zA-Z_]\w*$/.test(name)) return undefined;
      labels[name] = label;
    }
    return labels;
  },
  print: (labels) => ({ ...labels }),
};
