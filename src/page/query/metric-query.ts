// Whether a query gives numbers instead of lines.
import { parser } from '@grafana/lezer-logql';

export const isMetricQuery = (query: string): boolean =>
  parser.parse(query).topNode.getChild('Expr')?.getChild('MetricExpr') != null;
