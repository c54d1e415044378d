// `| regexp "(?P<name>…)"`: named groups as labels.
import { quoteGo } from '../../go/quote.ts';
import { compileRegex } from '../../regex/regex.ts';
import { regexFault } from '../faults.ts';
import type { StageSyntax } from '../stage-syntax.ts';

export interface RegexpStage {
  readonly kind: 'regexp';
  readonly pattern: string;
}

export const regexp: StageSyntax<RegexpStage> = {
  opening: { word: 'regexp', flags: [] },
  parse: (stream) => ({ kind: 'regexp', pattern: stream.expect('STRING').text }),
  print: (stage) => `| regexp ${quoteGo(stage.pattern)}`,
  fault: (stage) => {
    const fault = faultOf(stage.pattern);
    return fault && `invalid regexp parser: ${fault}`;
  },
  readsLine: true,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};

function faultOf(text: string): string | undefined {
  const fault = regexFault(text);
  const twice = /^error parsing regexp: duplicate capture group name: `(.*)`$/s.exec(fault ?? '');
  if (twice !== null) return `duplicate extracted label name '${twice[1]}'`;
  if (fault !== undefined) return fault;
  const named = compileRegex(text).groupNames.some((name) => name !== '');
  return named ? undefined : 'at least one named capture must be supplied';
}
