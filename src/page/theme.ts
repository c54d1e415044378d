// Colours: the system's choice, or one of two; remembered in this browser.

const themes = ['auto', 'light', 'dark'] as const;
const storedAs = 'skald-theme';
const symbols = { auto: '◐', light: '☀', dark: '☾' } as const;
const names = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

/** Makes the button go through the three. */
export function themeButton(button: HTMLButtonElement): void {
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
  });
  show();
}

/** '' when nothing is stored, or storing is forbidden. */
export function remembered(name: string): string {
  try {
    return localStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Private windows forbid it; then the choice holds for this visit.
  }
}
