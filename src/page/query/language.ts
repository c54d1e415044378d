// LogQL's words with a line of help each, for completion and the guide.

export interface Word {
  readonly name: string;
  readonly help: string;
  /** What is put in; default: the name. `$` is where the cursor goes. */
  readonly insert?: string;
}

const word = (name: string, help: string, insert?: string): Word => ({
  name,
  help,
  ...(insert !== undefined && { insert }),
});

/** After `|`. */
export const stages: readonly Word[] = [
  word('json', 'fields of JSON lines become labels; json a="b.c" takes some'),
  word('logfmt', 'fields of key=value lines become labels'),
  word('pattern', 'labels from a line by its shape: <ip> - <_> "<method> <path>"', 'pattern "$"'),
  word('regexp', 'labels from the named groups of an expression: (?P<name>…)', 'regexp "$"'),
  word('unpack', 'labels that Promtail packed into the line'),
  word('decolorize', 'takes the colours of terminals out of the line'),
  word('line_format', 'writes the line anew: {{.method}} {{.path}}', 'line_format "$"'),
  word('label_format', 'renames or makes labels: a=b, c="{{.d}}"', 'label_format $'),
  word('keep', 'keeps these labels only'),
  word('drop', 'takes these labels away'),
  word('unwrap', 'takes a label’s number as the value of a sample'),
  word('detected_level', 'the level of the line: | detected_level="error"', 'detected_level="$"'),
];

/** Over lines in a window: `rate({app="web"}[5m])`. */
export const rangeFunctions: readonly Word[] = [
  word('count_over_time', 'lines in the window', 'count_over_time($)'),
  word('rate', 'lines per second', 'rate($)'),
  word('bytes_over_time', 'bytes of the lines in the window', 'bytes_over_time($)'),
  word('bytes_rate', 'bytes per second', 'bytes_rate($)'),
  word('absent_over_time', '1 when there is no line', 'absent_over_time($)'),
  word('sum_over_time', 'sum of the unwrapped values', 'sum_over_time($)'),
  word('avg_over_time', 'average of the unwrapped values', 'avg_over_time($)'),
  word('min_over_time', 'smallest of the unwrapped values', 'min_over_time($)'),
  word('max_over_time', 'largest of the unwrapped values', 'max_over_time($)'),
  word('first_over_time', 'first of the unwrapped values', 'first_over_time($)'),
  word('last_over_time', 'last of the unwrapped values', 'last_over_time($)'),
  word('quantile_over_time', 'a quantile of the unwrapped values: 0.99 first', 'quantile_over_time(0.99, $)'),
  word('stddev_over_time', 'standard deviation of the unwrapped values', 'stddev_over_time($)'),
  word('stdvar_over_time', 'variance of the unwrapped values', 'stdvar_over_time($)'),
  word('rate_counter', 'increase per second of an unwrapped counter', 'rate_counter($)'),
];

/** Over series: `sum by (app) (…)`. */
export const vectorFunctions: readonly Word[] = [
  word('sum', 'adds series up', 'sum by ($) ()'),
  word('avg', 'average of series', 'avg by ($) ()'),
  word('min', 'smallest of series', 'min by ($) ()'),
  word('max', 'largest of series', 'max by ($) ()'),
  word('count', 'how many series', 'count by ($) ()'),
  word('topk', 'the largest series: topk(5, …)', 'topk(5, $)'),
  word('bottomk', 'the smallest series', 'bottomk(5, $)'),
  word('approx_topk', 'about the largest of very many series', 'approx_topk(5, $)'),
  word('stddev', 'standard deviation of series', 'stddev by ($) ()'),
  word('stdvar', 'variance of series', 'stdvar by ($) ()'),
  word('sort', 'smallest first', 'sort($)'),
  word('sort_desc', 'largest first', 'sort_desc($)'),
  word('label_replace', 'a label from parts of another one', 'label_replace($)'),
  word('vector', 'a number as a series', 'vector($)'),
];

/** After a number. */
export const durations: readonly Word[] = [
  word('1m', 'one minute'),
  word('5m', 'five minutes'),
  word('10m', 'ten minutes'),
  word('1h', 'one hour'),
  word('1d', 'one day'),
];
