// Gives the browser a file to save.
import { element } from './element.ts';

/** For the browser to take the file up before it is let go of. */
const keptMs = 60_000;

export function saveFile(name: string, parts: readonly BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), keptMs);
}
