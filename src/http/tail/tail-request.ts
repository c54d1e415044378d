// The parameters of a tail.
import type { Expr, LogQuery } from '../../logql/ast.ts';
import { limitParameter, type Parameters, parameter, parseGoInt } from '../parameters/parameters.ts';
import { timeBounds } from '../parameters/time-parameters.ts';
import { badRequest } from '../server/http-error.ts';

/** The paths of tails, of today and of before 1.0. */
export const tailPaths = ['/loki/api/v1/tail', '/api/prom/tail'] as const;

const entriesDefault = 100;
const delaySecondsMax = 5n;

export interface TailRequest {
  /** A metric query is refused only after the upgrade, by a close frame. */
  readonly expr: Expr;
  /** Entries of history sent first. */
  readonly limit: number;
  readonly startNs: bigint;
  readonly delayMs: number;
}

/** Rejects with HttpError 400 or ParseError. */
export async function tailRequest(parameters: Parameters, nowNs: bigint): Promise<TailRequest> {
  const { parseExpr } = await import('../../logql/parser.ts');
  const expr = parseExpr(parameter(parameters, 'query'));
  if (expr.kind === 'logQuery') await checkStages(expr);
  const limit = limitParameter(parameters, 'limit', entriesDefault);
  const { startNs } = timeBounds(parameters, nowNs);
  const text = parameter(parameters, 'delay_for');
  const delaySeconds = text === '' ? 0n : parseGoInt(text, 'Atoi');
  // Loki reads a negative delay as a huge one.
  if (delaySeconds < 0n || delaySeconds > delaySecondsMax)
    throw badRequest("delay_for can't be greater than 5");
  return { expr, limit, startNs, delayMs: Number(delaySeconds) * 1000 };
}

async function checkStages({ stages }: LogQuery): Promise<void> {
  const { printStage, syntaxOf } = await import('../../logql/stages.ts');
  const wrong = stages.find((stage) => !syntaxOf(stage).canRunInTail);
  if (wrong !== undefined) throw badRequest(`stage '${printStage(wrong)}' : cannot run in a tail`);
}
