// Deleting lines: which, how many that would be, and only then the request; below, those that were made.
import { logqlOf } from '../conversation/asked-query.ts';
import { button, element } from '../dom/element.ts';
import { filled, quiet } from '../dom/filled.ts';
import { countOf, formatCount, formatMoment, type TimeZone } from '../format.ts';
import { cancelDeletion, type Deletion, readDeletions, requestDeletion } from '../gateway/deletions.ts';
import { queryInstant } from '../gateway/queries.ts';
import { GatewayError } from '../gateway/requests.ts';
import { problemOf } from '../problem.ts';
import { withoutComments } from '../query/query-scan.ts';
import type { PageStore } from '../state.ts';
import { boundsOf, describeRange } from '../time/time-range.ts';

export interface DeletionsView {
  readonly view: HTMLElement;
  refresh(signal: AbortSignal): Promise<void>;
}

export function deletionsView(store: PageStore): DeletionsView {
  const query = element('input', { spellcheck: 'false', autocapitalize: 'off' });
  const said = element('p', { class: 'quiet', role: 'status' });
  const confirm = element('div', { class: 'row wrap' });
  const list = element('div', {});

  const count = async (): Promise<void> => {
    const { asked, display } = store.get();
    const { fromMs, toMs } = boundsOf(asked.range, Date.now());
    const wanted = withoutComments(query.value);
    // The gateway takes no moment that is still to come by its own clock.
    const isOver = asked.range.kind === 'between';
    confirm.replaceChildren();
    said.textContent = 'Counting …';
    try {
      const lines = await countLines(wanted, fromMs, toMs);
      const range = describeRange(asked.range, display.zone);
      if (lines === 0) {
        said.textContent = `No lines match (${range}).`;
        return;
      }
      said.textContent = `${countOf(lines, 'line')} (${range}). They are hidden at once, and cannot be brought back once they are deleted.`;
      confirm.replaceChildren(
        button(
          `Delete ${countOf(lines, 'line')}`,
          () => void make(wanted, fromMs, isOver ? toMs : undefined),
          { class: 'danger' },
        ),
        button('Keep them', () => done('')),
      );
    } catch (error) {
      said.textContent = problemOf(error).text;
    }
  };
  const done = (text: string): void => {
    confirm.replaceChildren();
    said.textContent = text;
  };
  const make = async (wanted: string, fromMs: number, toMs: number | undefined): Promise<void> => {
    try {
      await requestDeletion(wanted, fromMs, toMs);
      done('They are hidden, and will be deleted.');
    } catch (error) {
      said.textContent = problemOf(error).text;
    }
    await refresh(new AbortController().signal);
  };
  const cancel = async ({ request_id: id }: Deletion): Promise<void> => {
    try {
      await cancelDeletion(id);
      done('Cancelled: the lines are there again.');
    } catch (error) {
      said.textContent = problemOf(error).text;
    }
    await refresh(new AbortController().signal);
  };
  const form = element(
    'form',
    { class: 'deletion', 'aria-label': 'Lines to delete' },
    element('label', { class: 'grow' }, 'Lines of ', query),
    element('button', { type: 'submit' }, 'Count them'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void count();
  });
  store.watch(
    ({ asked }) => asked,
    (asked) => {
      query.value = withoutComments(logqlOf(asked));
      done('');
    },
  );
  const refresh = (signal: AbortSignal): Promise<void> =>
    filled(list, signal, async () => {
      const isAdmin = (): boolean => {
        const { visitor } = store.get();
        return visitor.kind === 'known' && visitor.session.scopes.includes('admin');
      };
      try {
        const found = await readDeletions(signal);
        form.hidden = !isAdmin();
        if (found.length === 0) return [quiet('Nothing was asked to be deleted.')];
        return [deletionTable(found, store.get().display.zone, isAdmin() ? cancel : undefined)];
      } catch (error) {
        if (!(error instanceof GatewayError) || error.status !== 404) throw error;
        form.hidden = true;
        return [quiet('Deleting is off for this tenant: limits_config.deletion_mode.')];
      }
    });
  return { view: element('div', {}, form, said, confirm, list), refresh };
}

async function countLines(query: string, fromMs: number, toMs: number): Promise<number> {
  const seconds = Math.max(1, Math.ceil((toMs - fromMs) / 1000));
  const counted = `sum(count_over_time(${query} [${seconds}s]))`;
  const samples = await queryInstant(
    counted,
    BigInt(Math.ceil(toMs)) * 1_000_000n,
    new AbortController().signal,
  );
  return samples[0]?.value ?? 0;
}

function deletionTable(
  deletions: readonly Deletion[],
  zone: TimeZone,
  cancel: ((deletion: Deletion) => Promise<void>) | undefined,
): HTMLElement {
  const moment = (seconds: number): string => formatMoment(seconds * 1000, zone).slice(5, 16);
  const rows = deletions.map((deletion) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', class: 'counted' }, deletion.query),
      element('td', {}, `${moment(deletion.start_time)} – ${moment(deletion.end_time)}`),
      element('td', {}, statusText(deletion)),
      element(
        'td',
        {},
        deletion.status === 'received' && cancel !== undefined
          ? button('Cancel', () => void cancel(deletion))
          : undefined,
      ),
    ),
  );
  return element(
    'table',
    { class: 'deletions' },
    element('caption', {}, 'Asked for, the newest first'),
    element('tbody', {}, ...rows),
  );
}

const statusText = ({ status, deleted_lines: lines }: Deletion): string =>
  status === 'received'
    ? 'hidden, waiting'
    : status === 'processed'
      ? `${formatCount(lines)} deleted`
      : status.replace(' Complete', ' deleted');
