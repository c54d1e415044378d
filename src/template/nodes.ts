// The syntax tree of a template. Positions are offsets into its text; `textOf` prints a node as Go does in errors.

export interface Position {
  readonly at: number;
}
export type Operand =
  | ({ readonly kind: 'dot' } & Position)
  | ({ readonly kind: 'nil' } & Position)
  | ({ readonly kind: 'bool'; readonly value: boolean } & Position)
  | ({ readonly kind: 'string'; readonly value: string; readonly quoted: string } & Position)
  | ({
      readonly kind: 'number';
      readonly text: string;
      readonly int?: bigint;
      readonly float: number;
    } & Position)
  | ({ readonly kind: 'field'; readonly names: readonly string[] } & Position)
  | ({ readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] } & Position)
  | ({ readonly kind: 'identifier'; readonly name: string } & Position)
  | ({ readonly kind: 'chain'; readonly operand: Operand; readonly fields: readonly string[] } & Position)
  | ({ readonly kind: 'pipe'; readonly pipe: Pipe } & Position);

export interface Command extends Position {
  readonly operands: readonly Operand[];
}
export interface Pipe extends Position {
  readonly declares: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export type Node =
  | ({ readonly kind: 'text'; readonly text: string } & Position)
  | ({ readonly kind: 'action'; readonly pipe: Pipe } & Position)
  | ({
      readonly kind: 'if' | 'with' | 'range';
      readonly pipe: Pipe;
      readonly list: readonly Node[];
      readonly otherwise: readonly Node[] | undefined;
    } & Position)
  | ({ readonly kind: 'break' | 'continue' } & Position)
  | ({ readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined } & Position);

export function textOfOperand(node: Operand): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'number':
      return node.text;
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'variable':
      return [node.name, ...node.fields].join('.');
    case 'identifier':
      return node.name;
    case 'chain': {
      const operand = textOfOperand(node.operand);
      return operand + node.fields.map((name) => `.${name}`).join('');
    }
    case 'pipe':
      return `(${textOfPipe(node.pipe)})`;
  }
}

export const textOfCommand = (command: Command): string => command.operands.map(textOfOperand).join(' ');

export function textOfPipe(pipe: Pipe): string {
  const declared =
    pipe.declares.length > 0 ? `${pipe.declares.join(', ')} ${pipe.assigns ? '=' : ':='} ` : '';
  return declared + pipe.commands.map(textOfCommand).join(' | ');
}
