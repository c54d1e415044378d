// The envelope of the ruler's JSON answers.

/** One line. */
export const success = (data: unknown): string =>
  `${JSON.stringify({ status: 'success', data, errorType: '', error: '' })}\n`;
