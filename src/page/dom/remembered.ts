// What this browser keeps between visits.

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
