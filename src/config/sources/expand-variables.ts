// `${VAR}` and `${VAR:default}` (also `${VAR:-default}`) in a configuration file; `$${VAR}` stays `${VAR}`.

const reference = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-?([^}]*))?\}/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Text that {@link expandVariables} makes this text of. */
export const escapeVariables = (text: string): string => text.replace(reference, '$$$&');

export interface Expanded {
  readonly text: string;
  /** Names that have neither a value nor a default; they are left as they stand. */
  readonly missing: readonly string[];
}

/** What is put in is not looked at again. A default also stands for a variable that is set to nothing. */
export function expandVariables(text: string, environment: Environment): Expanded {
  const missing: string[] = [];
  const expanded = text.replace(
    reference,
    (whole: string, dollar: string, name: string, fallback: string | undefined) => {
      if (dollar !== '') return whole.slice(1);
      const value = environment[name];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      missing.push(name);
      return whole;
    },
  );
  return { text: expanded, missing };
}
