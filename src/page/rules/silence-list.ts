// Silences in force or to come, each to be ended; and the form that silences one alert.
import { button, element } from '../dom/element.ts';
import { filled } from '../dom/filled.ts';
import { formatMoment, type TimeZone } from '../format.ts';
import { endSilence, matchersText, readSilences, type Silence, silence } from '../gateway/silences.ts';
import { problemOf } from '../problem.ts';
import type { PageStore } from '../state.ts';
import { sessionOf } from '../visitor/account.ts';

const spans = [
  ['1 h', 3_600_000],
  ['8 h', 28_800_000],
  ['1 d', 86_400_000],
  ['7 d', 604_800_000],
] as const;

const isAdmin = (store: PageStore): boolean =>
  sessionOf(store.get().visitor)?.scopes.includes('admin') ?? false;

/** Fills the place; nothing where there are none. */
export function showSilences(place: HTMLElement, store: PageStore, signal: AbortSignal): Promise<void> {
  return filled(place, signal, async () => {
    const silences = await readSilences(signal);
    if (silences.length === 0) return [];
    const end = async (id: string): Promise<void> => {
      await endSilence(id);
      await showSilences(place, store, signal);
    };
    const { zone } = store.get().display;
    const rows = silences.map((one) => silenceRow(one, zone, isAdmin(store) ? end : undefined));
    return [
      element(
        'table',
        { class: 'silences' },
        element('caption', {}, element('strong', {}, 'Silences')),
        element('tbody', {}, ...rows),
      ),
    ];
  });
}

function silenceRow(
  one: Silence,
  zone: TimeZone,
  end: ((id: string) => Promise<void>) | undefined,
): HTMLElement {
  const until = formatMoment(Date.parse(one.endsAt), zone).slice(5, 16);
  const stop = button('End', () => {
    if (end === undefined) return;
    stop.disabled = true;
    void end(one.id).catch((error: unknown) => {
      stop.disabled = false;
      stop.title = problemOf(error).text;
    });
  });
  return element(
    'tr',
    {},
    element('th', { scope: 'row', class: 'counted' }, matchersText(one)),
    element('td', {}, `${one.status.state}, until ${until}`),
    element('td', { class: 'hint' }, [one.createdBy, one.comment].filter((text) => text !== '').join(': ')),
    element('td', {}, end === undefined ? undefined : stop),
  );
}

/** Undefined for those who may not silence. `onDone`: there is one more. */
export function silenceForm(
  store: PageStore,
  alertname: string,
  onDone: () => void,
): HTMLElement | undefined {
  if (!isAdmin(store)) return undefined;
  const span = element(
    'select',
    { 'aria-label': 'For how long' },
    ...spans.map(([text, ms]) => element('option', { value: ms }, text)),
  );
  const comment = element('input', { placeholder: 'Why', 'aria-label': 'Why it is silenced' });
  const said = element('span', { class: 'quiet', role: 'status' });
  const take = async (): Promise<void> => {
    const createdBy = sessionOf(store.get().visitor)?.name || 'the page';
    try {
      await silence({ alertname, forMs: Number(span.value), createdBy, comment: comment.value.trim() });
      said.textContent = 'Silenced: it is evaluated as before, and nobody is told.';
      onDone();
    } catch (error) {
      said.textContent = problemOf(error).text;
    }
  };
  return element(
    'div',
    { class: 'row wrap' },
    'Tell nobody for ',
    span,
    comment,
    button('Silence', () => void take()),
    said,
  );
}
