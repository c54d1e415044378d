// Lines per CPU second through compiled pipelines, over seeded lines of three formats. CPU time, so that a busy
// machine does not count; garbage collection in other threads does. Needs dist/ for the kernels.
//   npx tsx bench/pipeline.ts [milliseconds per case]
import { LineMemory } from '../src/kernels/line-memory.ts';
import type { LogQuery, MetricExpr, RangeAggregation } from '../src/logql/ast.ts';
import { canPushGroupingDown } from '../src/logql/grouping-push-down.ts';
import { parseExpr } from '../src/logql/parser.ts';
import { emptyLabels, labelsFromPairs } from '../src/model/labels.ts';
import { compileLogPipeline } from '../src/pipeline/log-pipeline.ts';
import type { PipelineInput } from '../src/pipeline/pipeline.ts';
import { compileSamplePipeline } from '../src/pipeline/sample-pipeline.ts';
import { compileLineFilters, hoistLineFilters } from '../src/pipeline/stages/line-filter.ts';

const lineCount = 20_000;
const caseMs = Number(process.argv[2] ?? 500);
const seed = 20260115;

let state = seed;
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % below;
};
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
const status = (): number => pick([200, 200, 200, 201, 304, 404, 500, 503]);
const path = (): string =>
  `/api/v${1 + random(2)}/${pick(['orders', 'users', 'login', 'cart'])}/${random(1000)}`;
const makers = {
  json: () =>
    `{"ts":"2026-01-15T10:${10 + random(50)}:00.123Z","level":"${pick(['info', 'warn', 'error'])}","msg":"request done","method":"GET","path":"${path()}","status":${status()},"duration":"${random(900)}ms","user":{"id":${random(5000)},"name":"alice"},"trace_id":"${random(2 ** 31).toString(16)}${random(2 ** 31).toString(16)}"}`,
  logfmt: () =>
    `ts=2026-01-15T10:${10 + random(50)}:00.123Z level=${pick(['info', 'warn', 'error'])} caller=handler.go:42 method=GET path=${path()} status=${status()} duration=${random(900)}ms msg="request done" trace_id=${random(2 ** 31).toString(16)}`,
  nginx: () =>
    `10.0.${random(255)}.${random(255)} - alice [15/Jan/2026:10:${10 + random(50)}:00 +0000] "GET ${path()} HTTP/1.1" ${status()} ${random(90000)} "-" "curl/8.5.0"`,
};
/** In a kernel's memory, where lines of blocks lie. */
const inputs = (make: () => string): PipelineInput[] => {
  const lines = Array.from({ length: lineCount }, () => Buffer.from(make()));
  const { bytes } = new LineMemory();
  Buffer.concat(lines).copy(bytes);
  let at = 0;
  return lines.map((line) => {
    const lineStart = at;
    at += line.length;
    return { timestampNs: 0n, bytes, lineStart, lineEnd: at, structuredMetadata: emptyLabels, level: 4 };
  });
};
const data = { json: inputs(makers.json), logfmt: inputs(makers.logfmt), nginx: inputs(makers.nginx) };
const labels = labelsFromPairs([
  ['app', 'shop'],
  ['env', 'prod'],
  ['service_name', 'shop'],
]);

const cases: readonly [format: keyof typeof data, query: string][] = [
  ['json', 'sum by (status) (count_over_time({a="b"} | json [1m]))'],
  ['json', 'count_over_time({a="b"} | json | status >= 500 [1m])'],
  ['json', 'sum by (level) (count_over_time({a="b"} | json | status >= 500 [1m]))'],
  ['json', '{a="b"} | json'],
  ['json', '{a="b"} | json | status = 503'],
  ['json', '{a="b"} | json status="status" | status = 503'],
  ['logfmt', 'sum by (status) (count_over_time({a="b"} | logfmt [1m]))'],
  ['logfmt', 'avg_over_time({a="b"} | logfmt | unwrap duration(duration) [1m]) by (status)'],
  ['logfmt', '{a="b"} | logfmt'],
  ['logfmt', '{a="b"} | logfmt | status = 503'],
  ['nginx', 'sum by (status) (count_over_time({a="b"} | pattern `<_> "<_>" <status> <_>` [1m]))'],
  ['nginx', '{a="b"} | pattern `<ip> - <user> [<_>] "<method> <path> <_>" <status> <_>`'],
  ['nginx', 'sum by (status) (count_over_time({a="b"} | regexp `" (?P<status>\\d{3}) ` [1m]))'],
  ['nginx', '{a="b"} |= "/cart/77"'],
  ['nginx', '{a="b"} |~ "(?i)LOGIN/9"'],
  ['nginx', '{a="b"} |~ "cart/[0-9]{2} .* 50[0-9]"'],
  ['nginx', '{a="b"} |= ip("10.0.7.0/24")'],
  ['nginx', '{a="b"} | line_format "{{.app}}"'],
];

for (const [format, query] of cases) {
  const run = runner(parseExpr(query) as LogQuery | MetricExpr);
  const lines = data[format];
  const bytes = lines.reduce((sum, { lineStart, lineEnd }) => sum + lineEnd - lineStart, 0);
  run(lines);
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  let passes = 0;
  let kept = 0;
  while (performance.now() - startMs < caseMs) {
    kept = run(lines);
    passes++;
  }
  const { user, system } = process.cpuUsage(startCpu);
  const seconds = (user + system) / 1e6;
  const linesPerSecond = (passes * lineCount) / seconds;
  console.log(
    `${(linesPerSecond / 1e6).toFixed(2).padStart(7)} M lines/CPU s ${((passes * bytes) / seconds / 1e6).toFixed(0).padStart(6)} MB/s  ${format.padEnd(7)}${query}  (${kept} kept)`,
  );
}

function runner(expr: LogQuery | MetricExpr): (lines: readonly PipelineInput[]) => number {
  if (expr.kind === 'logQuery') {
    const { lineFilters, rest } = hoistLineFilters(expr.stages);
    const { matches } = compileLineFilters(lineFilters);
    const stream = compileLogPipeline(rest).forStream(labels);
    return (lines) => {
      let kept = 0;
      for (const input of lines) {
        if (matches(input.bytes, input.lineStart, input.lineEnd) && stream.process(input) !== undefined)
          kept++;
      }
      return kept;
    };
  }
  const outerGrouping = expr.kind === 'vectorAggregation' ? expr.grouping : undefined;
  const range = (expr.kind === 'vectorAggregation' ? expr.expr : expr) as RangeAggregation;
  const stream = compileSamplePipeline(range, {
    outerGrouping: canPushGroupingDown(range) ? outerGrouping : undefined,
  }).forStream(labels);
  return (lines) => {
    let kept = 0;
    for (const input of lines) if (stream.process(input) !== undefined) kept++;
    return kept;
  };
}
