// Colours of the style sheet for what is drawn on a canvas.
import { element } from './element.ts';

/** What `--name` is in the theme of now: `rgb(…)`. */
export function cssColour(name: string): string {
  const probe = element('i', { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
