// What the columns of the list are, above it. A chosen column goes with a press on its title.
import { button, byId, element } from '../dom/element.ts';
import type { Display, PageStore } from '../state.ts';

export function columnTitles(store: PageStore, onColumn: (name: string) => void): void {
  const titles = byId('titles', HTMLElement);
  const show = ({ columns, compact, zone }: Display, hasLines: boolean): void => {
    titles.hidden = columns.length === 0 || !hasLines;
    const timeWidth = compact ? '18ch' : zone === 'utc' ? '27ch' : '23ch';
    titles.replaceChildren(
      title('Level', '8ch'),
      title('Time', timeWidth),
      title('Source', '14ch'),
      ...columns.map((name) =>
        sized(
          button(`${name} ×`, () => onColumn(name), {
            class: 'plain',
            title: `Without the column ${name}`,
          }),
          '16ch',
        ),
      ),
      title('Line', 'auto'),
    );
  };
  const draw = (): void => show(store.get().display, store.get().entries.length > 0);
  store.watch(({ display }) => display, draw);
  store.watch(({ entries }) => entries.length > 0, draw);
}

const title = (text: string, width: string): HTMLElement => sized(element('span', {}, text), width);

function sized<E extends HTMLElement>(made: E, width: string): E {
  made.style.width = width;
  return made;
}
