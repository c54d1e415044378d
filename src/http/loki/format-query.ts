// GET|POST /loki/api/v1/format_query: a query laid out for reading. Errors are JSON here, unlike elsewhere.

import { ParseError } from '../../logql/parse-error.ts';
import { cutError } from '../encode/echo.ts';
import { parameter } from '../parameters/parameters.ts';
import { type Answer, answering, type Call, type Route } from '../server/api.ts';

const jsonType = 'application/json; charset=utf-8';

export function formatQueryRoutes(): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/format_query',
      methods: { GET: 'query', POST: 'query' },
      tenant: false,
      handle: answering(formatQuery),
    },
  ];
}

async function formatQuery({ parameters }: Call): Promise<Answer> {
  const { parseExpr } = await import('../../logql/parser.ts');
  const { formatExpr } = await import('../../logql/print.ts');
  try {
    const data = formatExpr(parseExpr(parameter(parameters, 'query')));
    return { contentType: jsonType, body: JSON.stringify({ status: 'success', data }) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const body = JSON.stringify({ status: 'invalid-query', error: cutError(error.message) });
    return { status: 400, contentType: jsonType, body };
  }
}
