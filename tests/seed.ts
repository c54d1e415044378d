// The seed of all chance in the tests. In CI always the same: of the same commit it is to say the same. Everywhere else
// another at each run; SEED gives a run again.

const seedInCi = 20_261_128;

/** A non-negative integer below 2^31. */
export const seed = Number(process.env.SEED ?? (process.env.CI ? seedInCi : Date.now() % 2 ** 31));
