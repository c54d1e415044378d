// Which containers are followed, and the labels of their streams.

import { describe, expect, it } from 'vitest';
import { containerLabels, isFollowed, metaLabels, wildcard } from '../../src/collectors/docker/containers.ts';
import { type DockerSettings, dockerDefaults } from '../../src/collectors/settings.ts';
import { labelsFromPairs, labelsToRecord } from '../../src/model/labels.ts';

describe('filters', () => {
  it.each([
    ['web', 'web', true],
    ['shop-*', 'shop-web-1', true],
    ['*web*', 'shop-web-1', true],
    ['a*a', 'a', false],
    ['*', '', true],
    ['a*b*c', 'axbxc', true],
    ['a*b*c', 'acb', false],
    ['web', 'web2', false],
  ])('%s matches %s: %s', (pattern, value, expected) => expect(wildcard(pattern, value)).toBe(expected));

  const container = {
    id: '1',
    name: 'shop-web-1',
    image: 'nginx:1',
    labels: {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      tier: 'front',
      'team.name': 'Blue',
    },
  };
  it.each<[string, object, object, boolean]>([
    ['no filter', {}, {}, true],
    ['project', { composeProjects: ['shop'] }, {}, true],
    ['other project', { composeProjects: ['blog'] }, {}, false],
    ['all lists must match', { composeProjects: ['shop'], images: ['redis*'] }, {}, false],
    ['label name', { labels: ['tier'] }, {}, true],
    ['label value', { labels: ['tier=back'] }, {}, false],
    ['inherited names are no labels', { labels: ['constructor'] }, {}, false],
    ['service', { composeServices: ['web'] }, {}, true],
    ['other service', { composeServices: ['db', 'w'] }, {}, false],
    ['image', { images: ['nginx:*'] }, {}, true],
    ['one of several names', { names: ['db', 'shop-web-?', 'shop-web-*'] }, {}, true],
    ['label value with a star', { labels: ['tier=fr*'] }, {}, true],
    ['excluded by name', {}, { names: ['shop-*'] }, false],
    ['excluded by image', {}, { images: ['nginx*'] }, false],
    ['excluded by project', {}, { composeProjects: ['shop'] }, false],
    ['excluded by service', {}, { composeServices: ['web'] }, false],
    ['excluded by label', {}, { labels: ['tier'] }, false],
    ['exclusion wins', { names: ['*'] }, { labels: ['tier=front'] }, false],
    ['one exclusion is enough', {}, { names: ['x'], images: ['nginx*'] }, false],
    ['excluded is another', {}, { names: ['x'], labels: ['tier=back'] }, true],
  ])('%s', (_, include, exclude, followed) => {
    const settings = {
      include: { ...dockerDefaults.include, ...include },
      exclude: { ...dockerDefaults.exclude, ...exclude },
    };
    expect(isFollowed(container, settings)).toBe(followed);
    expect(
      isFollowed({ ...container, labels: { ...container.labels, 'skald.collect': 'false' } }, settings),
    ).toBe(false);
  });

  it.each([
    ['false', false],
    ['False', false],
    ['NO', false],
    [' off ', false],
    ['0', false],
    ['true', true],
    ['yes', true],
    ['', true],
    ['1', true],
  ])('skald.collect=%j: followed %j', (value, followed) => {
    const labels = { 'skald.collect': value };
    expect(isFollowed({ ...container, labels }, dockerDefaults)).toBe(followed);
  });
});

describe('labels of a container', () => {
  const container = { id: 'c0ffee', name: 'web', image: 'nginx:1', labels: {} };
  const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'front' };
  const made = (labels: Record<string, string>, settings: Partial<DockerSettings> = {}): object => ({
    ...labelsToRecord(
      labelsFromPairs(containerLabels({ ...container, labels }, { ...dockerDefaults, ...settings }, 'h')),
    ),
  });
  const plain = { host: 'h', container: 'web', image: 'nginx:1', job: 'docker' };

  it.each<[string, Record<string, string>, Partial<DockerSettings>, object]>([
    ['no container_id, for each container would be a stream', {}, {}, plain],
    ['container_id when it is set', {}, { containerIdLabel: true }, { ...plain, container_id: 'c0ffee' }],
    [
      'project and service of compose',
      compose,
      {},
      { ...plain, compose_project: 'shop', compose_service: 'front', service_name: 'front' },
    ],
    [
      'labels of the settings win',
      compose,
      { labels: { container: 'x', compose_project: '' } },
      {
        host: 'h',
        container: 'x',
        image: 'nginx:1',
        compose_service: 'front',
        service_name: 'front',
      },
    ],
  ])('%s', (_, labels, settings, expected) => expect(made(labels, settings)).toEqual(expected));

  it('rules see what else is known of it, under names of letters, digits and underscores', () => {
    const meta = metaLabels({ ...container, labels: { 'team.name/x': 'Blue' } });
    expect(Object.fromEntries(meta)).toEqual({
      __meta_docker_container_id: 'c0ffee',
      __meta_docker_container_name: '/web',
      __meta_docker_container_label_team_name_x: 'Blue',
    });
  });
});
