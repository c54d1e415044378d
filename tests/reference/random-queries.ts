// Random queries, as texts: every stage, every operation over ranges and vectors.
import fc from 'fast-check';

const selector = fc.constantFrom(
  '{app=~".+"}',
  '{app="x"}',
  '{app=~"x|y", pod!="1"}',
  '{app=~".+", app!="y", env=""}',
  '{app=~".*", pod=~"[01]"}',
  '{app="größe"}',
  '{app="x", pod!~"1|2"}',
);

const lineFilter = fc.constantFrom(
  ...[
    '|= "status"',
    '!= "Error"',
    '|= "ERROR" or "time"',
    '!= "200" or "404"',
    '|= ""',
    '|= "größe"',
    '|= "v=1"',
  ],
  ...[
    '|~ "(?i)error"',
    '|~ "[45]\\\\d\\\\d"',
    '!~ "v=[0-9]+ "',
    '|~ "^10\\\\.|GET"',
    '|~ "(?i)größe|OK"',
    '|~ "a.*b"',
    '!~ "^$"',
  ],
  ...['|> "<_> - <_>"', '|> "10<_>GET <_>"', '!> "<_>status=<_>"', '|= ip("10.0.0.0/8")', '!= ip("::1")'],
);

const parser = fc.constantFrom(
  ...['json', 'json', 'logfmt', 'logfmt', 'logfmt --strict', 'logfmt --keep-empty', 'unpack'],
  ...[
    'json code="status", id="req.id"',
    'json first="a.b", v',
    'logfmt level="msg", v',
    'logfmt --keep-empty msg, status="trace"',
  ],
  ...['pattern "<ip> - <method> <path> <status> <v>"', 'pattern "<_>=<v> <rest>"'],
  ...['regexp "(?P<status>[245]\\\\d\\\\d)"', 'regexp "v=(?P<v>-?\\\\d+)( status=(?P<code>\\\\w*))?"'],
);

const compared = fc.constantFrom(
  ...[
    'status >= 500',
    'status = "404"',
    'status != ""',
    'v > 1',
    'v == 0',
    'v <= -1',
    'took > 1s',
    'took != 5ms',
    'size >= 1KB',
    'size < 2MB',
  ],
  ...[
    'msg =~ "(?i)er.or"',
    'msg !~ "o[k]"',
    'trace = "a"',
    'trace != "a"',
    'detected_level = "error"',
    'pod != "1"',
    'pod_extracted = "meta"',
  ],
  ...[
    '__error__ = ""',
    '__error__ != ""',
    '__error__ =~ "JSON.+r"',
    'ip = ip("10.0.0.0/8")',
    'ip != ip("192.168.0.0/16")',
    'nosuch = ""',
    'nosuch != ""',
  ],
);
const labelFilter = fc.oneof(
  { weight: 4, arbitrary: compared },
  fc.tuple(compared, fc.constantFrom(' and ', ' or ', ', '), compared).map(([a, op, b]) => a + op + b),
  fc
    .tuple(compared, fc.constantFrom(' and ', ' or '), compared, fc.constantFrom(' and ', ' or '), compared)
    .map(([a, one, b, two, c]) => `${a}${one}(${b}${two}${c})`),
);

const change = fc.constantFrom(
  ...[
    'line_format "{{.msg}} {{.status}} {{__line__ | len}}"',
    'line_format "{{.v}}"',
    'line_format "{{.__error__}}: {{.__error_details__}}"',
  ],
  ...[
    'line_format "{{.path | ToUpper}}x"',
    'line_format "{{div 1 .v}}"',
    'line_format "{{range $k, $v := .}}{{$k}}={{$v}} {{end}}"',
  ],
  ...[
    'label_format code=status',
    'label_format v=v',
    'label_format msg="{{.msg}}!{{.pod}}", status=msg',
    'label_format pod="{{.app}}"',
    'label_format trace=""',
  ],
  ...[
    'drop __error__, __error_details__',
    'drop status="200", trace',
    'drop pod, nosuch=""',
    'drop msg=~"E.+"',
    'keep app, msg, v',
    'keep pod="1", status',
    'decolorize',
  ],
);

const pipeline = fc.oneof(
  { weight: 1, arbitrary: lineFilter },
  { weight: 3, arbitrary: fc.oneof(parser, labelFilter, change).map((stage) => `| ${stage}`) },
);
/** `drop x != "…"` is a matcher of the drop. */
const isAmbiguous = (text: string): boolean => /\| (drop|keep) [^|]*\w+ (!=|!~)/.test(text);
const stages = fc
  .array(pipeline, { maxLength: 5 })
  .map((all) => all.join(' '))
  .filter((text) => !isAmbiguous(text));

export const randomLogQuery: fc.Arbitrary<string> = fc
  .tuple(selector, stages)
  .map((parts) => parts.join(' '));

const range = fc.constantFrom('30s', '5m', '7m', '1h', '90m', '3h');
const offset = fc.constantFrom('', '', '', ' offset 5m', ' offset -7m', ' offset 1h');
const grouping = fc.constantFrom(
  '',
  ' by (pod)',
  ' by (status, app)',
  ' without (pod, v)',
  ' by ()',
  ' by (__error__)',
  ' by (trace)',
  ' without ()',
);
/** Errors of lines end most queries: these keep some from it. */
const tamed = fc.constantFrom('', ' | __error__=""', ' | drop __error__, __error_details__');

const counting = fc
  .tuple(
    fc.constantFrom('count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'absent_over_time'),
    selector,
    stages,
    tamed,
    range,
    offset,
  )
  .map(([op, chosen, all, end, r, o]) => `${op}(${chosen} ${all}${end} [${r}]${o})`);
const unwrapping = fc
  .tuple(
    fc.constantFrom(
      'sum_over_time(',
      'rate(',
      'rate_counter(',
      'avg_over_time(',
      'min_over_time(',
      'max_over_time(',
      'first_over_time(',
      'last_over_time(',
      'stddev_over_time(',
      'stdvar_over_time(',
      'quantile_over_time(0.5, ',
      'quantile_over_time(0.9, ',
      'absent_over_time(',
    ),
    selector,
    stages,
    fc.constantFrom('v', 'status', 'duration(took)', 'bytes(size)', 'duration_seconds(took)'),
    fc.constantFrom('', ' | __error__=""', ' | v != 3 | __error__=""'),
    fc.tuple(range, offset, grouping),
  )
  .map(([op, chosen, all, field, after, [r, o, by]]) => {
    const groups = /^(sum|rate|absent)/.test(op) ? '' : by;
    return `${op}${chosen} ${all} | logfmt | unwrap ${field}${after} [${r}]${o})${groups}`;
  });
const leaf = fc.oneof(counting, unwrapping);
const grouped = fc
  .tuple(
    fc.constantFrom('sum', 'sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'topk', 'bottomk'),
    grouping,
    leaf,
  )
  .map(([op, by, inner]) => (op.endsWith('k') ? `${op}${by} (2, ${inner})` : `${op}${by} (${inner})`));
const replaced = fc
  .tuple(
    leaf,
    fc.constantFrom(
      '"pod", "p$1", "pod", "(.*)"',
      '"new", "$name", "app", "(?P<name>.).*"',
      '"app", "", "pod", "0"',
    ),
  )
  .map(([inner, how]) => `label_replace(${inner}, ${how})`);
const operand = fc.oneof(grouped, leaf, replaced);
const combined = fc
  .tuple(
    operand,
    fc.constantFrom('+', '-', '*', '/', '%', '>', '>= bool', '==', 'and', 'or', 'unless'),
    fc.constantFrom(
      '',
      '',
      ' on (pod)',
      ' ignoring (trace)',
      ' on (app) group_left',
      ' on (pod) group_right (app)',
    ),
    fc.oneof(operand, fc.constantFrom('2', '0', 'vector(3)')),
  )
  .map(([left, op, matching, right]) => {
    const isSet = /and|or|unless/.test(op);
    if (/^\d$/.test(right)) return isSet ? `${left} ${op} vector(${right})` : `${left} ${op} ${right}`;
    return `${left} ${op}${isSet ? matching.replace(/ group_.*/, '') : matching} ${right}`;
  });

export const randomMetricQuery: fc.Arbitrary<string> = fc.oneof(
  leaf,
  { weight: 2, arbitrary: grouped },
  replaced,
  combined,
);
