// Hours and days as the tables' keys count them: ClickHouse's intDiv, which cuts towards 1970.
export const nsPerHour = 3_600_000_000_000n;
export const hoursPerDay = 24;
export const nsPerDay = 24n * nsPerHour;

/** Of int64 nanoseconds: BigInt's division cuts as intDiv does. */
export const hourOf = (timestampNs: bigint): number => Number(timestampNs / nsPerHour);
export const dayOf = (timestampNs: bigint): number => Number(timestampNs / nsPerDay);

/** Conditions on `ts` that the primary key can be searched by. Both bounds inclusive. */
export const timeConditions = (firstNs: bigint, lastNs: bigint): readonly string[] => [
  `intDiv(ts, ${nsPerHour}) BETWEEN ${hourOf(firstNs)} AND ${hourOf(lastNs)}`,
  `ts BETWEEN ${int64(firstNs)} AND ${int64(lastNs)}`,
];

/** An Int64 as SQL: the smallest one cannot be written as a negated number. */
export const int64 = (value: bigint): string => `toInt64('${value}')`;
