// SQL as it leaves. Rows of tenants are read by `ofTenant` alone, which puts the tenant into every WHERE.

/** A statement with values bound by name, as in `{tenant:String}`. */
export interface Statement {
  readonly sql: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Tables whose rows belong to tenants. */
export type TenantTable = 'entry' | 'stream' | 'delete_request';

/** Whose rows, and where they are. */
export interface TenantOf {
  readonly database: string;
  readonly tenant: string;
}

export interface TenantSelect {
  /** Columns, by their expressions. */
  readonly select: string;
  readonly from: TenantTable;
  /** Conditions, all of which must hold. */
  readonly where: readonly string[];
  /** GROUP BY and what follows. */
  readonly tail?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly format: 'RowBinary' | 'JSONCompactEachRow';
}

/** Rows of one tenant as they are: of `entry` each once, of `delete_request` the newest version. */
export function ofTenant(
  { database, tenant }: TenantOf,
  { select, from, where, tail = '', values, format }: TenantSelect,
): Statement {
  const conditions = ['tenant = {tenant:String}', ...where].map((condition) => `(${condition})`);
  return {
    // Rows of a stream are aggregated by whoever reads them.
    sql: `SELECT ${select} FROM ${database}.${from}${from === 'stream' ? '' : ' FINAL'} WHERE ${conditions.join(' AND ')} ${tail} FORMAT ${format}`,
    values: { ...values, tenant },
  };
}

/** A text as a literal of SQL. */
export const sqlText = (text: string): string =>
  `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;

/** Bytes as an expression of SQL. */
export const sqlBytes = (bytes: Uint8Array): string => `unhex('${Buffer.from(bytes).toString('hex')}')`;
