// The list of lines, newest first, and moving through it by keys.
import type { Entry } from './gateway.ts';
import { closeLine, type LineActions, logLine } from './log-line.ts';

export interface LogList {
  /** In place of what was there. */
  show(entries: readonly Entry[]): void;
  /** Below what is there. */
  append(entries: readonly Entry[]): void;
  /** Above what is there, newest first; what exceeds `linesMax` at the end goes. */
  prepend(entries: readonly Entry[], linesMax: number): void;
  focusFirst(): void;
}

/** `onLeave`: the user goes back to the query. */
export function logList(list: HTMLOListElement, actions: LineActions, onLeave: () => void): LogList {
  const make = (entries: readonly Entry[]): HTMLLIElement[] =>
    entries.map((entry) => logLine(entry, actions));
  const heads = (line: Element | null): HTMLElement | undefined => {
    const head = line?.querySelector('.head');
    return head instanceof HTMLElement ? head : undefined;
  };
  /** One line is in the order of Tab, the others are reached by arrows. */
  const reachable = (): void => {
    if (list.querySelector('.head[tabindex="0"]') === null)
      heads(list.firstElementChild)?.setAttribute('tabindex', '0');
  };
  const focus = (line: Element | null): void => {
    const head = heads(line);
    if (head === undefined) return;
    for (const old of list.querySelectorAll('.head[tabindex="0"]')) old.setAttribute('tabindex', '-1');
    head.setAttribute('tabindex', '0');
    head.focus();
    head.scrollIntoView({ block: 'nearest' });
  };

  list.addEventListener('keydown', (event) => {
    const line = event.target instanceof Element ? event.target.closest('li') : null;
    if (line === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const targets: Readonly<Record<string, Element | null>> = {
      ArrowDown: line.nextElementSibling,
      ArrowUp: line.previousElementSibling,
      Home: list.firstElementChild,
      End: list.lastElementChild,
    };
    if (event.key === 'Escape') {
      event.preventDefault();
      if (closeLine(line)) focus(line);
      else onLeave();
    } else if (event.key === 'ArrowUp' && line.previousElementSibling === null) {
      event.preventDefault();
      onLeave();
    } else if (event.key in targets) {
      event.preventDefault();
      focus(targets[event.key] ?? null);
    }
  });

  return {
    show(entries) {
      list.replaceChildren(...make(entries));
      reachable();
    },
    append(entries) {
      list.append(...make(entries));
      reachable();
    },
    prepend(entries, linesMax) {
      list.prepend(...make(entries.slice(0, linesMax)));
      while (list.childElementCount > linesMax) list.lastElementChild?.remove();
      reachable();
    },
    focusFirst: () => focus(list.firstElementChild),
  };
}
