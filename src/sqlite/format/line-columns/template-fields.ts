// Templates of JSON and logfmt with a few of their fields alone: what the pipeline's parser finds under the names of
// those is the same as in the whole line.
import { labelNameOf } from '../../../pipeline/labels/label-name.ts';
import { extractedSuffix } from '../../../pipeline/labels/labels-builder.ts';
import type { LineFields } from '../../../pipeline/line-fields.ts';
import { fieldName } from '../../../pipeline/stages/json.ts';
import { corrupt } from '../column.ts';
import type { LineTemplate } from './reduced-directory.ts';

/** As the encoder has it: objects deeper inside of others are no JSON template. */
const nestingMax = 32;

/** A step through a template: into an object, out of it, or a field with its slot. */
type Step =
  | { readonly kind: 'open'; readonly key: string }
  | { readonly kind: 'close' }
  | { readonly kind: 'field'; readonly key: string; readonly isQuoted: boolean; readonly isWanted: boolean };

export interface FieldSteps {
  readonly format: LineFields['format'];
  readonly steps: readonly Step[];
  /** Of each slot. */
  readonly wanted: readonly boolean[];
}

/** What a template's pieces say of its fields. */
export function stepsOf(pieces: readonly string[], { format, names }: LineFields): FieldSteps {
  const wants = (name: string): boolean => names.has(name) || names.has(name + extractedSuffix);
  const steps = format === 'json' ? jsonSteps(pieces, wants) : logfmtSteps(pieces, wants);
  const wanted = steps.flatMap((step) => (step.kind === 'field' ? [step.isWanted] : []));
  return { format, steps, wanted };
}

function jsonSteps(pieces: readonly string[], wants: (name: string) => boolean): Step[] {
  const steps: Step[] = [];
  const prefixes: string[] = [];
  let key = '';
  let isKeyNext = true;
  let wasQuoted = false;
  pieces.forEach((piece, p) => {
    const isLast = p === pieces.length - 1;
    for (let at = wasQuoted ? 1 : 0; at < piece.length; at++) {
      const c = piece[at];
      if (c === '{') {
        if (prefixes.length === nestingMax) corrupt('lines', 'has a template that is not JSON');
        steps.push({ kind: 'open', key });
        prefixes.push(prefixes.length === 0 ? '' : fieldName(prefixes.at(-1) ?? '', utf8(key)));
        key = '';
        isKeyNext = true;
      } else if (c === '}') {
        steps.push({ kind: 'close' });
        prefixes.pop();
      } else if (c === ',') isKeyNext = true;
      else if (c === '"' && isKeyNext) {
        const end = piece.indexOf('"', at + 1);
        if (end < 0) corrupt('lines', 'has a template that is not JSON');
        key = piece.slice(at + 1, end);
        at = end;
        isKeyNext = false;
      }
    }
    if (isLast) return;
    const isQuoted = piece.endsWith('"');
    const name = fieldName(prefixes.at(-1) ?? '', utf8(key));
    steps.push({ kind: 'field', key, isQuoted, isWanted: name !== '' && wants(name) });
    key = '';
    wasQuoted = isQuoted;
  });
  return steps;
}

function logfmtSteps(pieces: readonly string[], wants: (name: string) => boolean): Step[] {
  return pieces.slice(0, -1).map((piece) => {
    const isQuoted = piece.endsWith('"');
    const equals = piece.length - (isQuoted ? 2 : 1);
    // What stands before the key: the end of a quoted value, and a space.
    const key = piece.slice(piece.lastIndexOf(' ', equals) + 1, equals);
    const name = labelNameOf(utf8(key));
    return { kind: 'field', key, isQuoted, isWanted: name !== '' && wants(name) };
  });
}

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** The template with only those of its slots whose columns are kept. */
export function reducedTemplate(
  { format, steps }: FieldSteps,
  columns: readonly number[],
  isKept: (column: number) => boolean,
): LineTemplate {
  const pieces = [''];
  const kept: number[] = [];
  const put = (text: string): void => void pieces.push((pieces.pop() ?? '') + text);
  const objects: { readonly key: string; isOpen: boolean; hasFields: boolean }[] = [];
  const separate = (object: { hasFields: boolean } | undefined, separator: string): void => {
    if (object === undefined) return;
    if (object.hasFields) put(separator);
    object.hasFields = true;
  };
  const line = { hasFields: false };
  let slot = 0;
  for (const step of steps) {
    if (step.kind === 'open') {
      const isRoot = objects.length === 0;
      if (isRoot) put('{');
      objects.push({ key: step.key, isOpen: isRoot, hasFields: false });
    } else if (step.kind === 'close') {
      if (objects.pop()?.isOpen) put('}');
    } else {
      const column = columns[slot++] as number;
      if (!isKept(column)) continue;
      // Objects are opened with the first field that is kept in them.
      objects.forEach((object, depth) => {
        if (object.isOpen) return;
        separate(objects[depth - 1], ',');
        put(`"${object.key}":{`);
        object.isOpen = true;
      });
      separate(objects.at(-1) ?? line, format === 'json' ? ',' : ' ');
      put(format === 'json' ? `"${step.key}":` : `${step.key}=`);
      const quote = step.isQuoted ? '"' : '';
      put(quote);
      pieces.push(quote);
      kept.push(column);
    }
  }
  return { pieces, columns: kept };
}
