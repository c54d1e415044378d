// Meraki: `1 1795500000.123456789 MX84 events type=vpn_connectivity_change …`, a time in seconds where RFC 5424 has its own.

import { joinNs } from '../../../model/time.ts';
import { unixTime } from '../../parse/timestamps.ts';
import type { Header, HeaderContext } from './dialect.ts';

export function readMeraki(text: string, { prioritised }: HeaderContext): Header | undefined {
  const match =
    /^1 +(?<time>\d{10}(?:\.\d{1,9})?) +(?<host>\S{1,255})(?: +(?<type>[a-z][\w-]{0,63})(?= |$))?/.exec(
      text.slice(0, 512),
    );
  const time = match?.groups && unixTime(match.groups.time ?? '');
  if (!match?.groups || !time || !prioritised) return undefined;
  return {
    timestampNs: joinNs(time.seconds, time.nanos),
    host: match.groups.host ?? '',
    app: match.groups.type ?? '',
    processId: '',
    messageId: '',
    data: [],
    text: text.slice(match[0].length).trimStart(),
  };
}
