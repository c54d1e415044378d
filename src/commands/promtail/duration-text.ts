// Durations as Promtail writes them, in the words of our configuration.
import { parseGoDuration } from '../../go/duration.ts';
import { formatPrometheusDuration, parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { nsPerMs } from '../../model/time.ts';

/** `12h0m0s` is 12h; what is no duration stays as it is, and is refused by the setting. */
export function durationText(text: string): string {
  for (const ns of [parsePrometheusDuration(text), parseGoDuration(text)])
    if (typeof ns === 'bigint' && ns >= 0n) return formatPrometheusDuration((ns / nsPerMs) * nsPerMs);
  return text;
}
