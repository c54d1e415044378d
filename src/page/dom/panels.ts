// Buttons that open a panel; one panel of a group is open at a time, and Escape closes it.
import { byId } from './element.ts';

export interface Panel {
  open(): void;
  close(): void;
}

interface PanelOptions {
  readonly toggle: string;
  readonly panel: string;
  readonly onOpen?: () => void;
}

export function createPanels(): (options: PanelOptions) => Panel {
  let close: (() => void) | undefined;
  return ({ toggle: toggleId, panel: panelId, onOpen }) => {
    const toggle = byId(toggleId, HTMLButtonElement);
    const panel = byId(panelId, HTMLElement);
    const show = (open: boolean): void => {
      panel.hidden = !open;
      toggle.setAttribute('aria-expanded', String(open));
    };
    const closeThis = (): void => {
      show(false);
      if (close === closeThis) close = undefined;
    };
    const openThis = (): void => {
      if (close !== closeThis) close?.();
      close = closeThis;
      show(true);
      onOpen?.();
    };
    toggle.addEventListener('click', () => {
      if (panel.hidden) openThis();
      else closeThis();
    });
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      closeThis();
      toggle.focus();
    });
    return { open: openThis, close: closeThis };
  };
}
