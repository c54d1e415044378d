// POST /upload, as systemd-journal-upload has it.
import type { Gateway, Route } from '../server/api.ts';
import { type PushParts, sendPushAnswer } from './receive-push.ts';

const paths = ['/upload', '/insert/journald/upload'];

export const journalUploadRoutes = (gateway: Gateway, parts: PushParts): readonly Route[] =>
  paths.map((path) => ({
    path,
    methods: { POST: 'push' },
    tenant: true,
    severalTenants: false,
    handle: {
      kind: 'raw',
      respond: async (request, response, tenant) => {
        // Few gateways have an uploader.
        const { JournalUpload } = await import('./journal-upload.ts');
        const answer = await new JournalUpload(gateway, parts, request, tenant).receive();
        if (answer !== undefined) sendPushAnswer(response, answer);
      },
    },
  }));
