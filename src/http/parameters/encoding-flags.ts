// X-Loki-Response-Encoding-Flags: a comma list. One flag has an effect; all are echoed, as the reference does.
import type { IncomingMessage } from 'node:http';

export const categorizeLabelsFlag = 'categorize-labels';

export function encodingFlags(request: IncomingMessage): readonly string[] {
  const header = request.headers['x-loki-response-encoding-flags'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const flags = text.split(',').map((flag) => flag.trim());
  return flags.filter((flag) => flag !== '');
}
