// Settings that are more than one word: written as YAML in the file, as YAML or JSON text in the environment.
import { parse } from 'yaml';
import type { z } from 'zod';
import type { SettingType } from '../setting-types.ts';

/** `make` turns what zod has checked into the value; undefined or a throw: it is none. */
export function yamlType<S extends z.ZodType, T>(options: {
  readonly expected: string;
  readonly shape: S;
  readonly make: (checked: z.infer<S>) => T | undefined;
  readonly print: (value: T) => unknown;
}): SettingType<T> {
  const { expected, shape, make, print } = options;
  return {
    expected,
    print,
    parse: (value) => {
      try {
        const checked = shape.safeParse(typeof value === 'string' ? parse(value) : value);
        return checked.success ? make(checked.data) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
