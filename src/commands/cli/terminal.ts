// Colours, and text of others on a terminal.

const codes = {
  dim: '2',
  red: '31',
  yellow: '33',
  blue: '34',
  magenta: '35',
  cyan: '36',
  grey: '90',
} as const;
export type Colour = keyof typeof codes;

/** The text in a colour; unchanged when there is none or colours are off. */
export function paint(text: string, colour: Colour | undefined, on: boolean): string {
  return on && colour !== undefined && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}

const levelColours: ReadonlyMap<string, Colour> = new Map([
  ['critical', 'magenta'],
  ['fatal', 'magenta'],
  ['error', 'red'],
  ['warn', 'yellow'],
  ['warning', 'yellow'],
  ['debug', 'cyan'],
  ['trace', 'grey'],
]);

/** Undefined for info and anything unknown: the terminal's own colour. */
export const colourOfLevel = (level: string): Colour | undefined => levelColours.get(level.toLowerCase());

/**
 * A text of somebody else as it may stand on a terminal: colours stay, any other control character is made visible,
 * because it could move the cursor, change the title or answer as if typed.
 */
export function visibleControls(text: string): string {
  return text.replaceAll(/(\u001b\[[\d;]*m)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (control, colour) =>
    colour === undefined ? `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}` : control,
  );
}
