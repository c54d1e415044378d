// Downloads all lines of the range, page by page, with its progress.
import { logqlOf, requestOf } from '../conversation/asked-query.ts';
import { olderThan } from '../conversation/older-lines.ts';
import { button, byId, element } from '../dom/element.ts';
import { saveFile } from '../dom/save-file.ts';
import { countOf, formatBytes } from '../format.ts';
import type { Entry } from '../gateway/entry.ts';
import { queryLines } from '../gateway/queries.ts';
import { problemOf } from '../problem.ts';
import type { PageStore } from '../state.ts';
import { type FileKind, fileHead, fileKinds, fileRow, fileTypes } from './line-files.ts';

const linesAtOnce = 5000;
/** Browsers keep what is to be saved; beyond this the command line is the better way. */
const bytesMax = 1024 ** 3;

export function downloadPanel(store: PageStore): void {
  const panel = byId('download', HTMLElement);
  const progress = element('p', { role: 'status', class: 'quiet' });
  let running: AbortController | undefined;
  const cancel = button('Cancel', () => running?.abort());
  cancel.hidden = true;

  const start = async (kind: FileKind): Promise<void> => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    cancel.hidden = false;
    try {
      const found = await collect(kind, signal, (text) => {
        progress.textContent = text;
      });
      const name = `${nameOf(logqlOf(store.get().asked))}.${fileTypes[kind].ending}`;
      saveFile(name, found.parts, fileTypes[kind].type);
      progress.textContent = `${name}: ${countOf(found.lines, 'line')}${found.whole ? '' : `, the newest: the range has more than ${formatBytes(bytesMax)}; skald query takes any size`}.`;
    } catch (error) {
      progress.textContent = signal.aborted ? 'Cancelled.' : problemOf(error).text;
    } finally {
      cancel.hidden = true;
    }
  };

  const collect = async (kind: FileKind, signal: AbortSignal, say: (text: string) => void) => {
    const { asked, display } = store.get();
    const request = { ...requestOf(asked), limit: linesAtOnce };
    const parts: Blob[] = [new Blob([fileHead(kind, display.columns)])];
    let entries: readonly Entry[] = await queryLines(request, signal);
    let more = entries.length >= request.limit;
    let [lines, bytes] = [0, 0];
    for (;;) {
      const page = new Blob([entries.map((entry) => fileRow(kind, entry, display.columns)).join('')]);
      parts.push(page);
      lines += entries.length;
      bytes += page.size;
      const oldestMs = Number(entries.at(-1)?.timestampNs.slice(0, -6) ?? 0);
      const [fromMs, toMs] = [Number(request.startNs / 1_000_000n), Number(request.endNs / 1_000_000n)];
      const share = Math.min(99, Math.round(((toMs - oldestMs) / (toMs - fromMs)) * 100));
      say(`${countOf(lines, 'line')}, ${formatBytes(bytes)}, ${more ? share : 100} % of the range`);
      if (!more || bytes >= bytesMax) return { parts, lines, whole: !more };
      ({ entries, more } = await olderThan(request, entries, signal));
    }
  };

  panel.replaceChildren(
    element('p', { class: 'quiet' }, 'All lines of the query in its range, newest first.'),
    element(
      'div',
      { class: 'row wrap' },
      ...fileKinds.map((kind) => button(fileTypes[kind].title, () => void start(kind))),
      cancel,
    ),
    progress,
  );
}

const nameOf = (query: string): string =>
  `skald-${/service_name="([\w.-]+)"/.exec(query)?.[1] ?? 'logs'}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`;
