// Times and sizes by name, for limits and defaults.

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const daySeconds = 86_400;
export const mebibyte = 2 ** 20;
