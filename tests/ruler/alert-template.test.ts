// Templates of labels and annotations, as executed with Prometheus' functions.
import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/model/labels.ts';
import { AlertTemplate } from '../../src/ruler/alert-template.ts';
import type { QueriedSample } from '../../src/ruler/template-functions.ts';

const web: readonly QueriedSample[] = [
  { labels: [['app', 'web']], value: 10 },
  { labels: [['app', 'api']], value: 2.5 },
];

const expand = (text: string, labels: Labels = [], value = 3) =>
  new AlertTemplate('X', text, {
    externalUrl: 'http://grafana.example:3000',
    externalLabels: [['cluster', 'c1']],
    query: async (expr) => {
      if (expr === 'bad') throw new Error('parse error');
      return expr === 'none' ? [] : web;
    },
  }).expand({ labels, value, timeMs: 1_700_000_000_000 });

describe('is text', () => {
  it.each([
    ['{{ $value }}', '3'],
    ['{{ printf "%.2f" $value }}', '3.00'],
    ['{{ .Value }} {{ .Labels.app }} {{ .ExternalLabels.cluster }}', '3  c1'],
    ['{{ $labels.app }}{{ $externalLabels.cluster }}', 'c1'],
    ['no action', 'no action'],
    ['{{ humanize 1234567.0 }} {{ humanize 0.00012 }} {{ humanize 0 }}', '1.235M 120u 0'],
    ['{{ humanize1024 2048 }} {{ humanize1024 1500000 }} {{ humanize1024 0.5 }}', '2ki 1.431Mi 0.5'],
    [
      '{{ humanizeDuration 3661 }}, {{ humanizeDuration 0.5 }}, {{ humanizeDuration 90061.5 }}, {{ humanizeDuration 0 }}',
      '1h 1m 1s, 500ms, 1d 1h 1m 1s, 0s',
    ],
    ['{{ humanizePercentage 0.1234 }}', '12.34%'],
    ['{{ humanizeTimestamp 1700000000 }}', '2023-11-14 22:13:20 +0000 UTC'],
    ['{{ 1700000000 | toTime }}', '2023-11-14 22:13:20 +0000 UTC'],
    ['{{ title "ab cd" }} {{ toUpper "a" }} {{ toLower "AB" }}', 'Ab Cd A ab'],
    ['{{ reReplaceAll "(.*)eb" "$1x" "web" }}', ''],
    ['{{ reReplaceAll "(.*)eb" "\x24{1}x" "web" }}', 'wx'],
    ['{{ match "a+" "aa" }} {{ match "^b" "aa" }}', 'true false'],
    ['{{ stripPort "a:1" }} {{ stripPort "[::1]:80" }} {{ stripPort "a" }}', 'a ::1 a'],
    [
      '{{ stripDomain "a.b.c" }} {{ stripDomain "a.b:80" }} {{ stripDomain "10.0.0.1:80" }}',
      'a a:80 10.0.0.1:80',
    ],
    ['{{ safeHtml "<b>" }} {{ parseDuration "1h" }}', '<b> 3600'],
    ['{{ args 1 2 }} {{ $labels }} {{ len $labels }}', 'map[arg0:1 arg1:2] map[] 0'],
    ['{{ externalURL }}|{{ pathPrefix }}', 'http://grafana.example:3000|'],
    ['{{ $externalURL }}', 'http://grafana.example:3000'],
    ['{{ graphLink "up" }} {{ tableLink "a b" }}', '/graph?g0.expr=up&g0.tab=0 /graph?g0.expr=a+b&g0.tab=1'],
    ['{{ query "q" | first | value }}', '10'],
    ['{{ query "q" | first | label "app" }}', 'web'],
    ['{{ range query "q" }}{{ .Labels.app }}={{ .Value }} {{ end }}', 'web=10 api=2.5 '],
    ['{{ range sortByLabel "app" (query "q") }}{{ .Labels.app }} {{ end }}', 'api web '],
    ['{{ with query "none" }}some{{ else }}nothing{{ end }}', 'nothing'],
    ['{{ urlQueryEscape "a b&c" }} {{ now }}', 'a+b%26c 1.7e+09'],
  ])('%s → %s', async (template, text) => {
    expect(await expand(template)).toEqual({ text });
  });

  it('with the labels of the series', async () => {
    const text = '{{ $labels.app }} on {{ .Labels.host }}: {{ $labels }}';
    const labels: Labels = [
      ['app', 'web'],
      ['host', 'h1'],
    ];
    expect(await expand(text, labels)).toEqual({ text: 'web on h1: map[app:web host:h1]' });
  });
});

describe('stands for its failure', () => {
  it.each([
    [
      '{{ humanize "abc" }}',
      'template: __alert_X:1:115: executing "__alert_X" at <humanize "abc">: error calling humanize: strconv.ParseFloat: parsing "abc": invalid syntax',
    ],
    [
      '{{ query "none" | first }}',
      'template: __alert_X:1:130: executing "__alert_X" at <first>: error calling first: first() called on vector with no elements',
    ],
    [
      '{{ query "bad" }}',
      'template: __alert_X:1:115: executing "__alert_X" at <query "bad">: error calling query: parse error',
    ],
  ])('%s', async (template, message) => {
    const error = `error executing template __alert_X: ${message}`;
    expect(await expand(template)).toEqual({ text: `<error expanding template: ${error}>`, error });
  });

  it('when it asks for too much', async () => {
    const many = '{{ range $i, $_ := 20 }}{{ query (printf "q%d" $i) | len }}{{ end }}';
    expect((await expand(many)).error).toContain('more than 10 queries in one template');
    expect((await expand('{{ range 1000 }}{{ range 1000 }}x{{ end }}{{ end }}')).error).toContain(
      'too many steps',
    );
  });
});
