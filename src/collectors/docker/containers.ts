// Which containers are followed, and the labels of their streams.

import type { LabelPair } from '../../model/labels.ts';
import type { ContainerFilter, DockerSettings } from '../settings.ts';

/** What of a container matters here. */
export interface ContainerFacts {
  readonly id: string;
  /** Without the engine's leading slash. */
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A container with this label set to one of {@link optOutWords} is never followed. */
export const optOutLabel = 'skald.collect';
const optOutWords: ReadonlySet<string> = new Set(['false', 'no', 'off', '0']);

const composeProject = 'com.docker.compose.project';
const composeService = 'com.docker.compose.service';

export function isFollowed(
  container: ContainerFacts,
  settings: Pick<DockerSettings, 'include' | 'exclude'>,
): boolean {
  if (optOutWords.has((container.labels[optOutLabel] ?? '').trim().toLowerCase())) return false;
  const excluded = tests(container, settings.exclude).some((matches) => matches === true);
  return !excluded && tests(container, settings.include).every((matches) => matches !== false);
}

/** Per list of a filter: whether one of its patterns matches; undefined for an empty list. */
function tests(container: ContainerFacts, filter: ContainerFilter): (boolean | undefined)[] {
  const any = (patterns: readonly string[], value: string | undefined): boolean | undefined =>
    patterns.length === 0
      ? undefined
      : value !== undefined && patterns.some((pattern) => wildcard(pattern, value));
  return [
    any(filter.names, container.name),
    any(filter.images, container.image),
    any(filter.composeProjects, container.labels[composeProject]),
    any(filter.composeServices, container.labels[composeService]),
    filter.labels.length === 0
      ? undefined
      : filter.labels.some((pattern) => labelMatches(pattern, container.labels)),
  ];
}

function labelMatches(pattern: string, labels: Readonly<Record<string, string>>): boolean {
  const equals = pattern.indexOf('=');
  const name = equals < 0 ? pattern : pattern.slice(0, equals);
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  return value !== undefined && (equals < 0 || wildcard(pattern.slice(equals + 1), value));
}

/** `*` matches any run of characters, everything else itself. Linear but for the number of stars. */
export function wildcard(pattern: string, value: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  if (parts.length === 1) return value === pattern;
  const last = parts[parts.length - 1] as string;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}

/** Labels of a container's streams, `stream` apart. A compose service names the service in Loki's `service_name`. */
export function containerLabels(
  container: ContainerFacts,
  settings: DockerSettings,
  host: string,
): LabelPair[] {
  const service = container.labels[composeService] ?? '';
  return [
    ['host', host],
    ['container', container.name],
    ['image', container.image],
    ['compose_project', container.labels[composeProject] ?? ''],
    ['compose_service', service],
    ['service_name', service],
    ['container_id', settings.containerIdLabel ? container.id : ''],
    ...Object.entries(settings.labels),
  ];
}

/** Promtail's names for what relabelling may look at; they vanish unless a rule copies them. */
export function metaLabels(container: ContainerFacts): LabelPair[] {
  return [
    ['__meta_docker_container_id', container.id],
    ['__meta_docker_container_name', `/${container.name}`],
    ...Object.entries(container.labels).map(
      ([name, value]): LabelPair => [
        `__meta_docker_container_label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`,
        value,
      ],
    ),
  ];
}
