// The API of a ruler that has no rules: while none was made there is no thread to ask, and none that is off.
import { failure, success } from './prometheus-answer.ts';
import type { RulesApi } from './ruler-client.ts';
import type { RulerAnswer } from './ruler-protocol.ts';

const json = (data: unknown): RulerAnswer => ({
  status: 200,
  contentType: 'application/json',
  body: success(data),
});
const text = (status: number, message: string): RulerAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${message}\n`,
});

/** Answers of reads. */
export const noRules: Pick<RulesApi, 'rules' | 'alerts' | 'list' | 'group'> = {
  rules: async () => json({ groups: [] }),
  alerts: async () => json({ alerts: [] }),
  list: async () => text(404, 'no rule groups found'),
  // Grafana takes this for a ruler whose rules can be edited.
  group: async () => text(404, 'group does not exist'),
};

/** What Grafana takes for a ruler whose rules cannot be edited. */
const unsupported = (call: string) => async (): Promise<RulerAnswer> =>
  text(400, `${call} unsupported in rule local store`);

const off = text(404, 'the ruler is off: ruler.enabled is false');

/** A ruler that is off. */
export const rulerOff: RulesApi = {
  ...noRules,
  group: unsupported('GetRuleGroup'),
  setGroup: unsupported('SetRuleGroup'),
  tryGroup: unsupported('SetRuleGroup'),
  deleteGroup: unsupported('DeleteRuleGroup'),
  deleteNamespace: unsupported('DeleteNamespace'),
  alertmanager: async () => off,
  history: async () => off,
  notifyTest: async () => off,
  recorded: async () => failure(404, 'unavailable', 'the ruler is off: ruler.enabled is false'),
};
