// The stages of a log query, one after the other.
import { type Stage, stagesAfterPipe, stagesWithoutPipe, stageWords } from './stages.ts';
import type { TokenStream } from './token-stream.ts';

/**
 * Stages up to the first token that begins none. With `beforeUnwrap`, `| unwrap` ends them too: the pipe is then
 * taken and true returned.
 */
export function parseStages(stream: TokenStream, stages: Stage[], beforeUnwrap: boolean): boolean {
  for (;;) {
    const { kind } = stream.peek();
    const unpiped = stagesWithoutPipe.get(kind);
    if (unpiped !== undefined) {
      stream.addTo(stages, unpiped.parse(stream));
    } else if (kind === '|') {
      stream.next();
      if (beforeUnwrap && stream.peek().kind === 'unwrap') return true;
      stream.addTo(stages, parsePipedStage(stream));
    } else {
      return false;
    }
  }
}

function parsePipedStage(stream: TokenStream): Stage {
  const { kind } = stream.peek();
  const named = stageWords.get(kind);
  if (named === undefined) return stagesAfterPipe.get(kind)?.parse(stream) ?? stream.fail();
  stream.next();
  return named.parse(stream);
}
