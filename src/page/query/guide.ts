// The help under `?`: keys, and a short guide to LogQL with examples that run.
import { button, byId, element } from '../dom/element.ts';

const keys: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'to the query'],
  ['Enter', 'run the query, or open the line'],
  ['Shift Enter', 'a new line in the query'],
  ['Tab', 'take what completion offers'],
  ['Alt ↑  Alt ↓', 'older and newer queries'],
  ['↓  ↑  or  j  k', 'next and previous line'],
  ['Home  End', 'first and last line'],
  ['Page ↑  Page ↓', 'twenty lines on'],
  ['c', 'copy the line'],
  ['l', 'live: start, stop'],
  ['p', 'live: pause, go on'],
  ['z', 'a range twice as long'],
  ['o', 'overview'],
  ['r', 'rules and alerts'],
  ['Esc', 'close the line, back to the query'],
  ['?', 'this help'],
];

const examples: readonly (readonly [what: string, query: string])[] = [
  ['Plain words, upper or lower case; quotes keep words together, - leaves out', 'error -debug'],
  ['All lines with a level of error', '{service_name=~".+"} | detected_level="error"'],
  ['A text in the line, and another one not', '{service_name=~".+"} |= "timeout" != "retry"'],
  ['A pattern', '{service_name=~".+"} |~ `(?i)fail(ed|ure)`'],
  ['Fields of JSON lines, compared', '{service_name=~".+"} | json | status>=500'],
  ['Fields of key=value lines, slower than', '{service_name=~".+"} | logfmt | duration>1s'],
  ['Lines per second of each service', 'sum by (service_name) (rate({service_name=~".+"}[5m]))'],
  ['The noisiest services', 'topk(5, sum by (service_name) (bytes_over_time({service_name=~".+"}[1h])))'],
];

export function guide(onExample: (query: string) => void): { open(): void } {
  const dialog = byId('guide', HTMLDialogElement);
  const close = button('Close', () => dialog.close(), { class: 'primary' });
  dialog.append(
    element('h2', {}, 'How to look'),
    element(
      'dl',
      { class: 'examples' },
      ...examples.flatMap(([what, query]) => [
        element('dt', {}, what),
        element(
          'dd',
          {},
          button(query, () => {
            dialog.close();
            onExample(query);
          }),
        ),
      ]),
    ),
    element(
      'p',
      {},
      'A query begins with labels in braces: which streams. Filters follow: |= has the text, != has it not, |~ matches ' +
        'an expression. After | a parser (json, logfmt) makes labels of what lines hold, to be compared.',
    ),
    element('h2', {}, 'Keys'),
    element(
      'dl',
      { class: 'keys' },
      ...keys.flatMap(([key, what]) => [element('dt', {}, element('kbd', {}, key)), element('dd', {}, what)]),
    ),
    close,
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return { open: () => dialog.showModal() };
}
