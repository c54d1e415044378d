// Settings grouped under a key. A section knows its settings by name, so that environment variables, flags and the
// printed configuration follow from the schema instead of being listed again.
import { z } from 'zod';
import { type LoadedSettingType, type SettingType, zodType } from './setting-types.ts';

/** A setting with its default. */
export interface Setting<T> {
  readonly kind: 'setting';
  readonly type: SettingType<T> | LoadedSettingType<T>;
  readonly zod: z.ZodType<T>;
}

/** A list of objects, or a mapping by tenant: set in the file only. */
export interface Nested<T> {
  readonly kind: 'nested';
  readonly zod: z.ZodType<T>;
  readonly print: (value: T) => unknown;
}

export type Member = Setting<never> | Nested<never> | AnySection;
export interface AnySection {
  readonly kind: 'section';
  readonly members: Readonly<Record<string, unknown>>;
  readonly zod: z.ZodType;
}
export interface Section<M extends Readonly<Record<string, unknown>>> extends AnySection {
  readonly members: M;
  readonly zod: z.ZodType<Values<M>>;
}

type ValueOf<M> = M extends { readonly zod: z.ZodType<infer T> } ? T : never;
export type Values<M> = { readonly [K in keyof M]: ValueOf<M[K]> };

export function setting<T>(type: SettingType<T> | LoadedSettingType<T>, fallback: T): Setting<T> {
  return { kind: 'setting', type, zod: zodType(type).default(fallback as never) as z.ZodType<T> };
}

export function section<const M extends Readonly<Record<string, { readonly zod: z.ZodType }>>>(
  members: M,
): Section<M> {
  const shape = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, member.zod]));
  const zod = z.strictObject(shape).prefault({}) as unknown as z.ZodType<Values<M>>;
  return { kind: 'section', members, zod };
}

/** A setting and the keys that lead to it. */
export interface SettingPath {
  readonly keys: readonly string[];
  readonly type: SettingType<unknown>;
}

/** Every single setting below a section, in the order written; nested lists and mappings are left out. */
export function settingPaths(root: AnySection, prefix: readonly string[] = []): readonly SettingPath[] {
  return Object.entries(root.members as Record<string, Member>).flatMap(([name, member]) => {
    const keys = [...prefix, name];
    if (member.kind === 'section') return settingPaths(member, keys);
    return member.kind === 'setting' ? [{ keys, type: member.type as unknown as SettingType<unknown> }] : [];
  });
}

/** The values as one would write them in a file. */
export function printSection(root: AnySection, values: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(root.members as Record<string, Member>).map(([name, member]) => {
      const value = values[name];
      if (member.kind === 'section')
        return [name, printSection(member, value as Readonly<Record<string, unknown>>)];
      const print = member.kind === 'setting' ? member.type.print : member.print;
      return [name, (print as (value: unknown) => unknown)(value)];
    }),
  );
}
