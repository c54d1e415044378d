// Go text/template: expectations follow the documentation of Go's text/template, fmt and time packages, of sprig and
// of Loki's template functions.
import { describe, expect, it } from 'vitest';
import { compileTemplate, type TemplateData } from '../../src/template/template.ts';

const labels = new Map([
  ['app', 'web'],
  ['status', '503'],
  ['empty', ''],
  ['json', '{"a":{"b":[1,2.5,"x",null,true]},"n":12}'],
  ['wide', 'zoë 日本'],
]);
const data: TemplateData = {
  get: (name) => labels.get(name),
  entries: () => labels,
  line: 'GET /a 200',
  // 2026-01-15T11:59:10.123456789Z
  timestampNs: 1_768_478_350_123_456_789n,
};

function run(template: string): string {
  const result = compileTemplate(template, 'line', { nowNs: () => 1_000_000_000_000_000_000n }).execute(data);
  return 'text' in result ? result.text : `error: ${result.error}`;
}

describe('syntax', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{.app}} {{ .nosuch }}|', 'web |'],
    ['a {{- .app -}} b', 'awebb'],
    ['a {{- /* note */ -}} b', 'ab'],
    ['{{/* note */}}x', 'x'],
    ['{{if .app}}y{{end}}', 'y'],
    ['{{if .empty}}y{{else}}n{{end}}', 'n'],
    ['{{if .empty}}a{{else if eq .app "web"}}b{{else}}c{{end}}', 'b'],
    ['{{with .empty}}a{{else with .app}}{{.}}{{end}}', 'web'],
    ['{{range $i, $x := (fromJson .json).a.b}}{{$i}}={{$x}};{{end}}', '0=1;1=2.5;2=x;3=<no value>;4=true;'],
    [
      '{{range .empty}}{{else}}none{{end}}',
      'error: template: line:1:8: executing "line" at <.empty>: range can\'t iterate over ',
    ],
    ['{{range fromJson "[]"}}x{{else}}none{{end}}', 'none'],
    ['{{range fromJson "[1,2,3]"}}{{if eq . 2.0}}{{break}}{{end}}{{.}}{{end}}', '1'],
    ['{{range fromJson "[1,2,3]"}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{end}}', '13'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    ['{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}', '21'],
    ['{{define "T"}}<{{.}}>{{end}}{{template "T" .app}}', '<web>'],
    ['{{block "B" .app}}[{{.}}]{{end}}', '[web]'],
    ['{{(.app | upper) | printf "%s!"}}', 'WEB!'],
    ['{{(fromJson .json).a.b | len}}', '5'],
    ['{{.app | printf "%s-%s" "x"}}', 'x-web'],
    ['{{"a\\tb"}}{{`c\\td`}}', 'a\tbc\\td'],
    ["{{'x'}} {{0x10}} {{0b11}} {{010}} {{1_000}} {{1e3}} {{-5}} {{.5}}", '120 16 3 8 1000 1000 -5 0.5'],
    ['{{.app | }}', 'web'],
    ['{{and 1 0 2}} {{or 0 "" "x"}} {{not 1}}', '0 x false'],
    ['{{or 1 (index "a" 9)}}', '1'],
  ])('%s gives %s', (template, text) => expect(run(template)).toBe(text));

  it.each([
    ['{{', 'template: line:1: unclosed action'],
    ['{{.app', 'template: line:1: unclosed action'],
    ['{{if .app}}x', 'template: line:1: unexpected EOF'],
    ['{{end}}', 'template: line:1: unexpected {{end}}'],
    ['{{nosuch}}', 'template: line:1: function "nosuch" not defined'],
    ['{{$x}}', 'template: line:1: undefined variable "$x"'],
    ['{{break}}', 'template: line:1: {{break}} outside {{range}}'],
    ['a\n{{"x}}', 'template: line:2: unterminated quoted string'],
    ['{{/* x}}', 'template: line:1: unclosed comment'],
    ['{{(1}}', 'template: line:1: unclosed left paren'],
    ['{{1 | 2}}', 'template: line:1: non executable command in pipeline stage 2'],
    ['{{ | .app}}', 'template: line:1: unexpected <|> in command'],
    ['{{}}', 'template: line:1: missing value for command'],
    [`${'('.repeat(500)}`.replace(/^/, '{{'), 'template: line:1: unclosed action'],
    [
      `{{${'('.repeat(500)}1${')'.repeat(500)}}}`,
      'template: line:1: template nested too deeply: more than 100 levels',
    ],
  ])('%s is refused: %s', (template, message) =>
    expect(() => compileTemplate(template, 'line')).toThrow(message),
  );
});

describe('functions', () => {
  it.each([
    // strings
    ['{{ToLower "ABC"}}{{ToUpper "abc"}}', 'abcABC'],
    ['{{Replace "aaa" "a" "b" 2}} {{Replace "ab" "" "-" -1}}', 'bba -a-b-'],
    ['{{Trim "xxhixx" "x"}} {{TrimLeft "xhx" "x"}} {{TrimRight "xhx" "x"}}', 'hi hx xh'],
    ['{{TrimPrefix "prefix" "pre"}} {{trimPrefix "pre" "prefix"}}', 'fix fix'],
    ['{{trunc 3 "hello"}} {{trunc -3 "hello"}} {{trunc 4 .wide}}', 'hel llo zoë'],
    ['{{substr 0 2 "日本"}}', '\ufffd\ufffd'],
    ['{{substr 2 99 "hello"}} {{substr -1 2 "hello"}}', 'llo he'],
    ['{{repeat 3 "ab"}}', 'ababab'],
    ['{{indent 2 "a\\nb"}}|{{nindent 1 "a"}}', '  a\n  b|\n a'],
    ['{{title "hello wORLD-foo bar_baz 2x"}}', 'Hello WORLD-Foo Bar_baz 2x'],
    ['{{alignLeft 5 "hi"}}|{{alignRight 5 "hi"}}|{{alignRight 2 "abc"}}', 'hi   |   hi|bc'],
    ['{{default "-" .empty}} {{.app | default "-"}}', '- web'],
    ['{{b64enc "é"}} {{b64dec "w6k="}} {{b64dec "!!"}}', 'w6k= é illegal base64 data at input byte 0'],
    ['{{urlencode "a b/é"}} {{urldecode "a+b%2F"}}', 'a+b%2F%C3%A9 a b/'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ${2} is a group here
    ['{{regexReplaceAll "(a)(b)?" "abac" "[$1${2}x]"}}', '[abx][ax]c'],
    ['{{regexReplaceAll "(?P<w>[a-z]+)" "ab cd" "<$w>"}}', '<ab> <cd>'],
    ['{{regexReplaceAll "x*" "axb" "-"}}', '-a-b-'],
    ['{{regexReplaceAllLiteral "a" "banana" "$1"}} {{count "an" "banana"}}', 'b$1n$1n$1 2'],
    // maths
    ['{{add 1 2 3}} {{sub 5 7}} {{mul 2 3 4}} {{div 7 2}} {{mod -7 3}}', '6 -2 24 3 -1'],
    [
      '{{addf 0.1 0.2}} {{subf 1 0.9}} {{mulf 1.1 3}} {{divf 1 3}} {{divf 2 3}}',
      '0.3 0.1 3.3 0.3333333333333333 0.6666666666666667',
    ],
    ['{{max 1 3 2}} {{min 3 1}} {{maxf 1.5 2}} {{minf 1.5 2}}', '3 1 2 1.5'],
    ['{{ceil 1.2}} {{floor -1.2}} {{round 2.345 2}} {{round 1234.5 0}}', '2 -2 2.35 1235'],
    ['{{int "3.9"}} {{int .status}} {{float64 "1.5"}} {{int "x"}}', '3 503 1.5 0'],
    ['{{add 9223372036854775807 1}}', '-9223372036854775808'],
    ['{{float64 1234567}} {{float64 123456}} {{float64 0.00001}}', '1.234567e+06 123456 1e-05'],
    // dates
    ['{{date "2006-01-02T15:04:05.000000000Z07:00" __timestamp__}}', '2026-01-15T11:59:10.123456789Z'],
    ['{{__timestamp__ | date "Mon Jan _2 3:04PM 06"}}', 'Thu Jan 15 11:59AM 26'],
    ['{{(toDate "2006-01-02" "2024-02-29").YearDay}}', '60'],
    ['{{toDate "2006-01-02" "2023-02-29"}}', '0001-01-01 00:00:00 +0000 UTC'],
    ['{{toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2021-07-02 10:00" | unixEpoch}}', '1625212800'],
    ['{{toDate "2006-01-02T15:04:05Z07:00" "2021-11-02T10:00:00+02:00" | unixEpoch}}', '1635840000'],
    ['{{toDate "02/Jan/2006:15:04:05 -0700" "10/Oct/2000:13:55:36 -0700" | unixEpoch}}', '971211336'],
    [
      '{{unixToTime "1679577215" | date "15:04:05"}} {{unixToTime "19439" | unixEpochMillis}}',
      '13:13:35 1679529600000',
    ],
    ['{{(__timestamp__.Add 60000000000).Minute}} {{__timestamp__.Weekday}}', '0 Thursday'],
    ['{{(__timestamp__.Sub (unixToTime "1768478340")).String}}', '10.123456789s'],
    ['{{(__timestamp__.AddDate 0 1 20).Format "2006-01-02"}}', '2026-03-07'],
    ['{{unixEpoch now}}', '1000000000'],
    ['{{duration "1h30m"}} {{duration_seconds "250ms"}} {{bytes "1.5KiB"}}', '5400 0.25 1536'],
    // the entry
    ['{{__line__ | upper}} {{unixEpochNanos __timestamp__}}', 'GET /A 200 1768478350123456789'],
    [
      '{{(fromJson .json).n}} {{(fromJson "no").x}}',
      'error: template: line:1:40: executing "line" at <(fromJson "no").x>: nil data; no entry for key "x"',
    ],
  ])('%s gives %s', (template, text) => expect(run(template)).toBe(text));

  it.each([
    [
      '{{printf "%d %5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%U|%q" 1 2 3 4 5 255 255 8 5 65 8364 65}}',
      "1     2|3    |00004|+5|ff|FF|10|101|A|U+20AC|'A'",
    ],
    [
      '{{printf "%s|%10s|%-10s|%.2s|%q|%x" "a" "b" "c" "def" "g\\"" "hi"}}',
      'a|         b|c         |de|"g\\""|6869',
    ],
    [
      '{{printf "%f|%.2f|%8.3f|%e|%g|%G|%+.1f|%06.2f" 1.5 1.005 3.14159 12345.678 0.000001 1e21 2.25 3.14159}}',
      '1.500000|1.00|   3.142|1.234568e+04|1e-06|1E+21|+2.2|003.14',
    ],
    ['{{printf "%v %v %v %v %T %T" 1 "a" true 1.5 1 "x"}}', '1 a true 1.5 int string'],
    ['{{printf "%t %5t" true false}}', 'true false'],
    [
      '{{printf "%d" "x"}} {{printf "%s" 5}} {{printf "%d"}} {{printf "x" 1}} {{printf "%"}}',
      '%!d(string=x) %!s(int=5) %!d(MISSING) x%!(EXTRA int=1) %!(NOVERB)',
    ],
    ['{{printf "%[2]s %[1]s %[5]d" "a" "b"}}', 'b a %!d(BADINDEX)'],
    ['{{printf "%*d|%-*d|%.*f" 4 1 4 2 1 3.14}}', '   1|2   |3.1'],
    ['{{print 1 2 "a" "b" 3}}|{{println "x" 1}}', '1 2ab3|x 1\n'],
    ['{{printf "%#x %#o %#q %x" 255 8 "a" "é"}}', '0xff 010 `a` c3a9'],
  ])('%s gives %s', (template, text) => expect(run(template)).toBe(text));

  it.each([
    [
      '{{eq 1 1}} {{eq "a" "b" "a"}} {{ne 1 2}} {{lt 1 2}} {{le "b" "a"}} {{gt 2.5 1.5}} {{ge 1 1}}',
      'true true true true false true true',
    ],
    [
      '{{len .wide}} {{index "abc" 1}} {{index (fromJson "[7]") 0}} {{index . "app"}} {{slice "hello" 1 3}}',
      '11 98 7 web el',
    ],
    ['{{html "<a&\'>"}} {{urlquery "a b"}} {{js "it\'s"}}', "&lt;a&amp;&#39;&gt; a+b it\\'s"],
  ])('%s gives %s', (template, text) => expect(run(template)).toBe(text));
});

describe('errors while running', () => {
  it.each([
    ['{{div 1 0}}', '1:2', 'div 1 0', 'error calling div: runtime error: integer divide by zero'],
    [
      '{{eq 1 "a"}}',
      '1:2',
      'eq 1 "a"',
      'error calling eq: incompatible types for comparison: int and string',
    ],
    ['{{.app.x}}', '1:6', '.app.x', "can't evaluate field x in type string"],
    ['{{trunc "x" "y"}}', '1:8', '"x"', 'expected integer; found "x"'],
    ['{{trunc .app "y"}}', '1:8', '.app', 'wrong type for value; expected int; got string'],
    ['{{upper "a" "b"}}', '1:2', 'upper', 'wrong number of args for upper: want 1 got 2'],
    ['{{1.5 | trunc}}', '1:8', 'trunc', 'wrong number of args for trunc: want 2 got 1'],
    ['{{template "no"}}', '1:11', '{{template "no"}}', 'template "no" not defined'],
    ['\n {{repeat -1 "x"}}', '2:3', 'repeat -1 "x"', 'error calling repeat: strings: negative Repeat count'],
    [
      '{{regexReplaceAll "(" "x" "y"}}',
      '1:2',
      'regexReplaceAll "(" "x" "y"',
      'error calling regexReplaceAll: error parsing regexp: missing closing ): `(`',
    ],
  ])('%s fails at %s in <%s>: %s', (template, place, node, message) =>
    expect(run(template)).toBe(`error: template: line:${place}: executing "line" at <${node}>: ${message}`),
  );
});

describe('bounds', () => {
  it.each([
    ['{{repeat 1000000000 "x"}}', /result too long/],
    ['{{indent 1000000 (repeat 1000 "\\n")}}', /result too long/],
    ['{{range 1000000000}}{{end}}', /too many steps/],
    ['{{range 10000}}{{repeat 1000 "x"}}{{end}}', /output too long/],
    ['{{printf "%999999999d" 1}}', /width or precision too large|x/],
    ['{{define "T"}}{{template "T"}}{{end}}{{template "T"}}', /exceeded maximum template depth/],
    ['{{$x := "ab"}}{{range 100}}{{$x = printf "%s%s" $x $x}}{{end}}', /too long/],
  ])('%s stops', (template, message) => expect(run(template)).toMatch(message));

  it('is linear on a pattern that backtracks elsewhere', () => {
    expect(run(`{{count "(a+)+$" "${'a'.repeat(5000)}b"}}`)).toBe('0');
  });

  it('refuses a template of more than 64 KiB', () => {
    expect(() => compileTemplate('x'.repeat(70_000), 'line')).toThrow('template too long');
  });
});
