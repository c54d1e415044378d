// Which services write, and how much of it is errors and warnings; each figure leads to its lines.
import { levelOf } from '../charts/levels.ts';
import { button, element } from '../dom/element.ts';
import { countOf, formatCount } from '../format.ts';
import type { Sample } from '../gateway/queries.ts';
import { quoted } from '../query/query-scan.ts';

const servicesMax = 12;

interface Service {
  readonly name: string;
  total: number;
  errors: number;
  warnings: number;
}

/** `samples`: lines by `service_name` and `detected_level`. */
export function serviceTable(
  samples: readonly Sample[],
  range: string,
  onQuery: (query: string) => void,
): HTMLElement {
  const services = servicesOf(samples);
  if (services.length === 0)
    return element(
      'p',
      { class: 'quiet' },
      'Nothing has been written in this time. A longer range may show more; What is collected says where lines come from.',
    );
  const most = services[0]?.total ?? 1;
  const titles = ['Service', 'Lines', 'Errors', 'Warnings'];
  const head = titles.map((text, index) =>
    element('th', { scope: 'col', class: index > 0 ? 'number' : undefined }, text),
  );
  const others = services.length - servicesMax;
  return element(
    'table',
    {},
    element(
      'caption',
      {},
      `${range}${others > 0 ? `: the ${servicesMax} largest of ${services.length} services` : ''}`,
    ),
    element('thead', {}, element('tr', {}, ...head, element('td', {}))),
    element(
      'tbody',
      {},
      ...services.slice(0, servicesMax).map((service) => serviceRow(service, most, onQuery)),
    ),
  );
}

function servicesOf(samples: readonly Sample[]): readonly Service[] {
  const services = new Map<string, Service>();
  for (const { labels, value } of samples) {
    const name = labels.service_name ?? '';
    const service = services.get(name) ?? { name, total: 0, errors: 0, warnings: 0 };
    services.set(name, service);
    const level = levelOf(labels.detected_level);
    service.total += value;
    if (level === 'error' || level === 'critical') service.errors += value;
    if (level === 'warn') service.warnings += value;
  }
  return [...services.values()].sort((a, b) => b.total - a.total);
}

function serviceRow(
  { name, total, errors, warnings }: Service,
  most: number,
  onQuery: (query: string) => void,
): HTMLElement {
  const selector = `{service_name=${quoted(name)}}`;
  const ofLevel = (count: number, level: string, filter: string) =>
    element(
      'td',
      { class: 'number' },
      count === 0
        ? '–'
        : button(formatCount(count), () => onQuery(`${selector} | detected_level=~"${filter}"`), {
            class: `plain level-${level}`,
            'aria-label': `${countOf(count, level)} of ${name}`,
          }),
    );
  const bar = element('i', { class: 'bar' });
  bar.style.width = `${Math.max(1, (total / most) * 100)}%`;
  return element(
    'tr',
    {},
    element(
      'th',
      { scope: 'row' },
      button(name, () => onQuery(selector), { class: 'plain' }),
    ),
    element('td', { class: 'number' }, formatCount(total)),
    ofLevel(errors, 'error', 'error|critical|fatal'),
    ofLevel(warnings, 'warn', 'warn'),
    element('td', { class: 'bars-cell', 'aria-hidden': 'true' }, bar),
  );
}
