// Colours: the system's choice, or one of two; remembered in this browser.
import { remember, remembered } from './dom/remembered.ts';

const themes = ['auto', 'light', 'dark'] as const;
const storedAs = 'skald-theme';
const symbols = { auto: '◐', light: '☀', dark: '☾' } as const;
const names = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

/** Makes the button go through the three. */
export function themeButton(button: HTMLButtonElement, onChange: () => void): void {
  let current = themes.find((theme) => theme === remembered(storedAs)) ?? 'auto';
  const show = (): void => {
    document.documentElement.dataset.theme = current;
    button.textContent = symbols[current];
    button.setAttribute('aria-label', `Colours: ${names[current]}`);
    button.title = `Colours: ${names[current]}`;
  };
  button.addEventListener('click', () => {
    current = themes[(themes.indexOf(current) + 1) % themes.length] ?? 'auto';
    remember(storedAs, current);
    show();
    onChange();
  });
  show();
}
