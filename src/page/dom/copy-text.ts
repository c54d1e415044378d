// The clipboard, also where the browser has none for pages without TLS.
import { element } from './element.ts';

/** False where nothing could be copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The older way, which needs no permission: a selection, and the command that copies it. */
function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = element('textarea', { class: 'hidden', 'aria-hidden': 'true', tabindex: -1 });
  field.value = text;
  document.body.append(field);
  field.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch {
    // Forbidden here, too.
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}
