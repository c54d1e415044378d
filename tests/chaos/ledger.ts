// What must be in the store, kept apart from it: every push with how it was answered, every deletion.

/** A stream of its own that lines are pushed to and that may be deleted as a whole. */
export interface Group {
  readonly name: string;
  /** 'expired': its entries are older than the retention. */
  state: 'live' | 'deleting' | 'deleted' | 'expired';
  /** How each deletion ended, for messages. */
  readonly history: string[];
}

export interface Push {
  readonly number: number;
  readonly lines: ReadonlyMap<Group, readonly TimedLine[]>;
  /** 'unknown': the connection ended before the answer. */
  outcome: 'acknowledged' | 'refused' | 'unknown';
  /** How each sending ended, for messages. */
  readonly history: string[];
}

export interface TimedLine {
  readonly timestampNs: bigint;
  readonly line: string;
}

interface Answered {
  readonly isFirst: boolean;
  readonly answer: string;
}

/** Lines found in the store, by group. */
export type Found = ReadonlyMap<string, readonly string[]>;

export class Ledger {
  readonly pushes = new Map<Group, Push[]>();
  #numbers = 0;
  #groups = 0;
  readonly counts = { acknowledged: 0, refused: 0, unknown: 0, deleted: 0, lines: 0 };

  group(state: Group['state'] = 'live'): Group {
    const group: Group = { name: `g${++this.#groups}`, state, history: [] };
    this.pushes.set(group, []);
    return group;
  }

  /** Before it is sent: the answer may never come. */
  push(groups: readonly Group[], linesOf: (group: Group, push: number) => readonly TimedLine[]): Push {
    const number = ++this.#numbers;
    const push: Push = {
      number,
      lines: new Map(groups.map((group) => [group, linesOf(group, number)])),
      outcome: 'unknown',
      history: [],
    };
    for (const group of groups) this.pushes.get(group)?.push(push);
    return push;
  }

  /**
   * What may have been stored by an earlier send stays possible, and what was acknowledged certain. A refusal only
   * counts where nothing else was heard.
   */
  answered(push: Push, outcome: Push['outcome'], { isFirst, answer }: Answered): void {
    push.history.push(answer);
    const wasUnknown = push.outcome === 'unknown' && !isFirst;
    if (push.outcome !== 'acknowledged' && !(wasUnknown && outcome === 'refused')) push.outcome = outcome;
    this.counts[outcome]++;
  }

  /**
   * Everything that is wrong with what was found of these groups. `settled`: nothing is under way any more, and what was
   * unknown is from now on as it was found.
   */
  problems(groups: readonly Group[], found: Found, settled: boolean): string[] {
    const problems: string[] = [];
    const left = new Map(groups.map((group) => [group, new Map<string, number>()]));
    for (const [group, counts] of left) {
      for (const line of found.get(group.name) ?? []) counts.set(line, (counts.get(line) ?? 0) + 1);
      this.#settleDeletion(group, counts.size, settled, problems);
    }
    const pushes = new Set(groups.flatMap((group) => this.pushes.get(group) ?? []));
    for (const push of pushes) problems.push(...checkPush(push, left, settled));
    for (const [group, counts] of left)
      for (const [line, count] of counts)
        problems.push(`${group.name} (${group.state}): ${count} times ${line.slice(0, 60)}`);
    return problems;
  }

  /** A deletion whose answer never came hides all or nothing. */
  #settleDeletion(group: Group, lines: number, settled: boolean, problems: string[]): void {
    if ((group.state === 'deleted' || group.state === 'expired') && lines > 0)
      problems.push(`${group.name} is ${group.state} and shows ${lines} lines`);
    if (group.state !== 'deleting') return;
    if (!settled) return;
    group.state = lines === 0 ? 'deleted' : 'live';
    group.history.push(`found ${group.state}`);
  }
}

/** Takes the lines of a push out of what is left. */
function checkPush(push: Push, left: ReadonlyMap<Group, Map<string, number>>, settled: boolean): string[] {
  const problems: string[] = [];
  let present = 0;
  let absent = 0;
  const incomplete = new Set<string>();
  for (const [group, lines] of push.lines) {
    const counts = left.get(group);
    if (counts === undefined || group.state !== 'live') continue;
    for (const { line } of lines) {
      const count = counts.get(line) ?? 0;
      counts.delete(line);
      if (count === 0) {
        absent++;
        incomplete.add(`${group.name} ${group.history.join(', ')}`);
      } else present++;
      if (count > 1) problems.push(`push ${push.number}: ${count} times ${line.slice(0, 60)}`);
    }
  }
  if (push.outcome === 'acknowledged' && absent > 0)
    problems.push(
      `push ${push.number} was acknowledged, and ${absent} of ${absent + present} lines are missing`,
    );
  if (push.outcome === 'refused' && present > 0)
    problems.push(`push ${push.number} was refused, and ${present} of ${absent + present} lines are there`);
  if (push.outcome === 'unknown' && present > 0 && absent > 0)
    problems.push(`push ${push.number} is there in part: ${present} of ${absent + present} lines`);
  if (push.outcome === 'unknown' && settled && present + absent > 0) {
    push.outcome = present > 0 ? 'acknowledged' : 'refused';
    push.history.push(`found ${push.outcome}`);
  }
  return problems.map((problem) => `${problem} (${push.history.join('; ')}; ${[...incomplete].join('; ')})`);
}
