// RE2 for plain text.

/** Matches this text wherever it stands. */
export const literally = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** Matches this text and nothing else. */
export const exactly = (text: string): string => `^${literally(text)}$`;
