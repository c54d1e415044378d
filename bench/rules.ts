// What rules cost: 1,000 of them every 15 s over a store of so many bytes, in cores and memory beside the same gateway
// without rules. Usage: tsx bench/rules.ts [megabytes of lines] [rules] [seconds measured]. Stops by itself.
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../tests/server.ts';
import { Corpus } from './corpus.ts';
import { cpuSeconds, metric, print, residentMb } from './measure.ts';
import { pushBodies } from './push-body.ts';

const megabytes = Number(process.argv[2] ?? 1000);
const rules = Number(process.argv[3] ?? 1000);
const seconds = Number(process.argv[4] ?? 60);
const rulesOfGroup = 10;
const hourNs = 3_600_000_000_000n;

const expressions = [
  'sum by (service_name) (count_over_time({service_name=~".+"} | detected_level="error" [5m])) > 1000000',
  'sum(rate({service_name="checkout"}[5m])) > 1000000',
  'count_over_time({service_name="auth"} |= "deadlock" [5m]) > 1000000',
  'absent_over_time({service_name="nobody"}[5m])',
];

/** The lines' own clock may run ahead of ours. */
const server = await startServer({ environment: { SKALD_LIMITS_CREATION_GRACE_PERIOD: '1000h' } });
const pid = server.process.pid as number;
try {
  const startNs = BigInt(Date.now()) * 1_000_000n - 6n * hourNs;
  for (const { body } of pushBodies(new Corpus({ bytes: megabytes * 1e6, startNs }))) {
    const response = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    });
    if (response.status !== 204) throw new Error(await response.text());
  }
  await fetch(`${server.baseUrl}/flush`, { method: 'POST' });
  await delay(10_000);
  const load = async (): Promise<{ cores: number; residentNow: number }> => {
    const before = cpuSeconds(pid);
    const began = performance.now();
    await delay(seconds * 1000);
    return {
      cores: (cpuSeconds(pid) - before) / ((performance.now() - began) / 1000),
      residentNow: residentMb(pid).now,
    };
  };
  const idle = await load();
  for (let from = 0; from < rules; from += rulesOfGroup) {
    const group = {
      name: `g${from}`,
      interval: '15s',
      rules: Array.from({ length: Math.min(rulesOfGroup, rules - from) }, (_, k) => ({
        alert: `A${from + k}`,
        expr: expressions[(from + k) % expressions.length],
      })),
    };
    const body = JSON.stringify(group);
    const response = await fetch(`${server.baseUrl}/loki/api/v1/rules/bench`, { method: 'POST', body });
    if (response.status !== 202) throw new Error(await response.text());
  }
  await delay(20_000);
  const count = async (name: string): Promise<number> =>
    metric(await (await fetch(`${server.baseUrl}/metrics`)).text(), `loki_prometheus_rule_${name}`);
  const evaluationsBefore = await count('evaluations_total');
  const busy = await load();
  const evaluations = (await count('evaluations_total')) - evaluationsBefore;
  print('rules', String(rules));
  print('store', `${megabytes} MB of lines`);
  print('evaluations a second', (evaluations / seconds).toFixed(1));
  print('failed', String(await count('evaluation_failures_total')));
  print('cores with rules', busy.cores.toFixed(3));
  print('cores without', idle.cores.toFixed(3));
  print('cores of the rules', (busy.cores - idle.cores).toFixed(3));
  print('memory of the rules', `${(busy.residentNow - idle.residentNow).toFixed(0)} MB`);
} finally {
  await server.remove();
}
