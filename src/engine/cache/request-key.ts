// Keys of what is asked, by which the same question is known again.

/** Equal for values that are equal and whose members come in the same order; bigints are told from numbers. */
export const requestKey = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member));
