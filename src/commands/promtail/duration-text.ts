// Durations as Promtail writes them, in the words of our configuration.
import { formatPrometheusDuration, parseEitherDuration } from '../../go/prometheus-duration.ts';
import { nsPerMs } from '../../model/time.ts';

/** `12h0m0s` is 12h; what is no duration stays as it is, and is refused by the setting. */
export function durationText(text: string): string {
  const ns = parseEitherDuration(text);
  return ns === undefined ? text : formatPrometheusDuration((ns / nsPerMs) * nsPerMs);
}
