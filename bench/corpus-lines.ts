// The line formats of the bench corpus: nginx, logfmt, pino and zap JSON, Java with stack traces, syslog. About 200
// bytes a line on average; many random ids, as real logs of services have.
import { type Chance, type LineWriter, type Words, words } from './line-writer.ts';

const t = (text: string): Uint8Array => Buffer.from(text);

export type LineFormat = 'nginx' | 'logfmt' | 'pino' | 'zap' | 'java' | 'syslog';
export const lineFormats: readonly LineFormat[] = ['nginx', 'logfmt', 'pino', 'zap', 'java', 'syslog'];

/** LevelCode of model/entry.ts that the line tells. */
export const lineLevels = { unknown: 1, debug: 3, info: 4, warn: 5, error: 6 } as const;

/** The time of a line, as texts that are the same for many lines. */
export interface LineTime {
  /** 2026-11-24T13:05:11 */
  readonly iso: Uint8Array;
  /** 24/Nov/2026:13:05:11 +0000 */
  readonly clf: Uint8Array;
  /** Nov 24 13:05:11 */
  readonly syslog: Uint8Array;
  readonly seconds: number;
  readonly nanos: number;
}

export interface LineContext {
  readonly out: LineWriter;
  readonly chance: Chance;
  readonly time: LineTime;
  readonly host: Uint8Array;
}

const methods = words('GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE');
const paths = words(
  '/api/v1/orders/',
  '/api/v1/users/',
  '/api/v2/carts/',
  '/static/img/',
  '/health/',
  '/api/v1/search/',
);
const statuses = words(
  '200',
  '200',
  '200',
  '200',
  '200',
  '201',
  '204',
  '301',
  '304',
  '400',
  '404',
  '500',
  '502',
  '503',
);
const agents = words(
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15',
  'curl/8.9.1',
  'kube-probe/1.31',
);
const messages = words(
  'request completed',
  'request completed',
  'cache miss, loading from database',
  'user session refreshed',
  'payment authorised',
  'retrying after timeout',
  'connection refused by upstream',
  'context deadline exceeded',
  'inventory updated',
);
const components = words('api', 'auth', 'billing', 'scheduler', 'gateway', 'worker');
const callers = words('server/handler.go', 'store/postgres.go', 'queue/consumer.go', 'cache/redis.go');
const threads = words('http-nio-8080-exec-', 'kafka-consumer-', 'scheduling-', 'pool-4-thread-');
const classes = words(
  'c.e.orders.OrderService',
  'c.e.stock.StockClient',
  'c.e.web.RequestFilter',
  'c.e.db.Pool',
);
const frames = words(
  '\n\tat com.example.orders.OrderService.place(OrderService.java:',
  '\n\tat com.example.db.ConnectionPool.borrow(ConnectionPool.java:',
  '\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:',
  '\n\tat java.base/java.lang.Thread.run(Thread.java:',
);
const units = words('systemd[1]: ', 'sshd[2412]: ', 'kernel: ', 'dockerd[911]: ', 'CRON[7719]: ');

type Level = 'debug' | 'info' | 'warn' | 'error';
type Field = (context: LineContext, level: Level) => void;

const wordOf =
  (choice: Words): Field =>
  ({ out, chance }) =>
    out.pick(choice, chance);
const numberBelow =
  (below: number, from = 0): Field =>
  ({ out, chance }) =>
    out.number(from + chance.below(below));
const hexOf =
  (digits: number): Field =>
  ({ out, chance }) =>
    out.hex(digits, chance);
const byLevel = (texts: Record<Level, string>): Field => {
  const bytes = { debug: t(texts.debug), info: t(texts.info), warn: t(texts.warn), error: t(texts.error) };
  return ({ out }, level) => out.put(bytes[level]);
};
const dot = t('.');

/** What may stand in braces in a template. */
const fields: Record<string, Field> = {
  iso: ({ out, time }) => out.put(time.iso),
  clf: ({ out, time }) => out.put(time.clf),
  syslog: ({ out, time }) => out.put(time.syslog),
  seconds: ({ out, time }) => out.number(time.seconds),
  millis: ({ out, time }) => out.number(Math.floor(time.nanos / 1e6), 3),
  micros: ({ out, time }) => out.number(Math.floor(time.nanos / 1000), 6),
  nanos: ({ out, time }) => out.number(time.nanos, 9),
  host: ({ out, host }) => out.put(host),
  level: byLevel({ debug: 'debug', info: 'info', warn: 'warn', error: 'error' }),
  pinoLevel: byLevel({ debug: '20', info: '30', warn: '40', error: '50' }),
  javaLevel: byLevel({ debug: ' DEBUG', info: ' INFO ', warn: ' WARN ', error: ' ERROR' }),
  method: wordOf(methods),
  path: wordOf(paths),
  status: wordOf(statuses),
  agent: wordOf(agents),
  message: wordOf(messages),
  component: wordOf(components),
  caller: wordOf(callers),
  thread: wordOf(threads),
  class: wordOf(classes),
  frame: wordOf(frames),
  unit: wordOf(units),
  id: numberBelow(1_000_000),
  bytes: numberBelow(50_000),
  user: numberBelow(200_000),
  customer: numberBelow(100_000),
  order: numberBelow(900_000, 7_000_000),
  timeout: numberBelow(60_000),
  port: numberBelow(60_000, 1024),
  threadNumber: numberBelow(64),
  lineNumber: numberBelow(900),
  hex8: hexOf(8),
  hex16: hexOf(16),
  hex20: hexOf(20),
  hex32: hexOf(32),
  hex64: hexOf(64),
  slow: ({ out, chance }) => out.number(Math.floor(chance.exponential() * 40)),
  duration({ out, chance }) {
    out.number(Math.floor(chance.exponential() * 60));
    out.put(dot);
    out.number(chance.below(1000), 3);
  },
  address({ out, chance }) {
    out.number(10);
    for (const below of [4, 256, 256]) {
      out.put(dot);
      out.number(chance.below(below));
    }
  },
};

/** Compiles a template of text and «fields». */
function template(text: string): Field {
  const parts = text.split(/«(\w+)»/).map((part, i): Field => {
    if (i % 2 === 1) {
      const field = fields[part];
      if (field === undefined) throw new Error(`no field ${part}`);
      return field;
    }
    const bytes = t(part);
    return ({ out }) => out.put(bytes);
  });
  return (context, level) => {
    for (const part of parts) part(context, level);
  };
}

const nginx = template(
  '«address» - - [«clf»] "«method» «path»«id» HTTP/1.1" «status» «bytes» "-" "«agent»" rt=«duration» rid=«hex32»',
);
const logfmt = template(
  'time=«iso».«micros»Z level=«level» msg="«message»" component=«component» method=«method» path=«path»«id» ' +
    'status=«status» duration=«duration»ms trace_id=«hex16» bytes=«bytes» peer=«address»',
);
const pino = template(
  '{"level":«pinoLevel»,"time":«seconds»«millis»,"pid":1,"hostname":"«host»","reqId":"«hex20»","req":{"method":' +
    '"«method»","url":"«path»«id»"},"res":{"statusCode":«status»},"responseTime":«duration»,"msg":"«message»"}',
);
const zap = template(
  '{"level":"«level»","ts":"«iso».«nanos»Z","caller":"«caller»","msg":"«message»","trace_id":"«hex32»",' +
    '"status":«status»,"duration_ms":«duration»,"user_id":«user»}',
);
const javaHead = template('«iso»,«millis»«javaLevel» [«thread»«threadNumber»] «class» - ');
const javaOrder = template('order «order» for customer «customer» in «slow» ms, trace «hex16»');
const javaError = template(
  'java.sql.SQLTransientConnectionException: pool-1 - connection is not available, request timed out after «timeout»ms',
);
const javaFrame = template('«frame»«lineNumber»)');
const syslogHead = template('«syslog» «host» «unit»');
const syslogTails = [
  template('Started session «customer» of user root, scope «hex8»'),
  template('Failed password for invalid user admin from «address» port «port»'),
  template('container «hex64» health status changed to healthy'),
];

const javaTail: Field = (context, level) => {
  if (level !== 'error') return javaOrder(context, level);
  javaError(context, level);
  for (let depth = 6 + context.chance.below(12); depth > 0; depth--) javaFrame(context, level);
};
const syslogTail: Field = (context, level) =>
  (syslogTails[context.chance.below(syslogTails.length)] as Field)(context, level);

const withLevel: Partial<Record<LineFormat, readonly Field[]>> = {
  logfmt: [logfmt],
  pino: [pino],
  zap: [zap],
  java: [javaHead, javaTail],
};
const withoutLevel: Partial<Record<LineFormat, readonly Field[]>> = {
  nginx: [nginx],
  syslog: [syslogHead, syslogTail],
};

/** Writes one line at the writer's position and returns its level. */
export function writeLine(format: LineFormat, context: LineContext): number {
  const parts = withLevel[format];
  const level = parts === undefined ? 'info' : anyLevel(context.chance);
  for (const part of parts ?? withoutLevel[format] ?? []) part(context, level);
  return parts === undefined ? lineLevels.unknown : lineLevels[level];
}

function anyLevel(chance: Chance): Level {
  const roll = chance.below(100);
  return roll < 80 ? 'info' : roll < 90 ? 'debug' : roll < 97 ? 'warn' : 'error';
}
