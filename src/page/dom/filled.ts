// A place in the page that is filled by an answer.
import { problemOf } from '../problem.ts';
import { element } from './element.ts';

/** Fills the place with what comes, or says why nothing does. */
export async function filled(
  place: HTMLElement,
  signal: AbortSignal,
  make: () => Promise<readonly Node[]>,
): Promise<void> {
  place.setAttribute('aria-busy', 'true');
  const nodes = await make().catch((error: unknown) => [quiet(problemOf(error).text)]);
  if (signal.aborted) return;
  place.removeAttribute('aria-busy');
  place.replaceChildren(...nodes);
}

export const quiet = (text: string): HTMLElement => element('p', { class: 'quiet' }, text);
