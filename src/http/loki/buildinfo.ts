// GET /loki/api/v1/status/buildinfo.
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';

/** The version of the API spoken: clients switch features on by it. */
export const lokiVersion = '3.7.6';

export function buildInfoRoutes({ build }: Gateway): readonly Route[] {
  const body = JSON.stringify({
    version: lokiVersion,
    revision: build.revision,
    branch: 'main',
    buildUser: '',
    buildDate: build.date,
    goVersion: '',
    application: 'Skald',
    applicationVersion: build.version,
  });
  return [
    {
      path: '/loki/api/v1/status/buildinfo',
      methods: { GET: 'any' },
      tenant: false,
      handle: answering(() => ({ contentType: jsonType, body })),
    },
  ];
}
