// Which labels a template names: hints for the parsers before it. Labels that it only
// reaches through `.` as a whole do not count, as in Loki: a query that needs them all gives no hint at all.
import type { Node, Operand, Pipe } from './nodes.ts';
import type { ParsedTemplate } from './parser.ts';

export function labelsUsed({ root, defined }: ParsedTemplate): readonly string[] {
  const labels = new Set<string>();

  const operand = (node: Operand): void => {
    switch (node.kind) {
      case 'field':
        labels.add(node.names[0] as string);
        break;
      case 'variable':
        if (node.name === '$' && node.fields[0] !== undefined) labels.add(node.fields[0]);
        break;
      case 'chain':
        operand(node.operand);
        break;
      case 'pipe':
        pipe(node.pipe);
        break;
      default:
        break;
    }
  };
  const pipe = ({ commands }: Pipe): void => {
    for (const command of commands) for (const node of command.operands) operand(node);
  };
  const list = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if ('pipe' in node && node.pipe !== undefined) pipe(node.pipe);
      if ('list' in node) {
        list(node.list);
        list(node.otherwise ?? []);
      }
    }
  };
  list(root);
  for (const nodes of defined.values()) list(nodes);
  return [...labels];
}
