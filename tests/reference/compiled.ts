// Regexes and templates are compiled once for each text: the only thing the evaluator keeps, and only for its speed.
import { RE2JS } from 're2js';
import { compileLabelRegex } from '../../src/pipeline/label-regex.ts';
import { compileTemplate, type Template } from '../../src/template/template.ts';

function kept<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const known = made.get(text) ?? make(text);
    made.set(text, known);
    return known;
  };
}

export const regex: (pattern: string) => RE2JS = kept((pattern) => RE2JS.compile(pattern));
/** Matches the whole text; a dot takes a newline, too. */
export const wholeRegex: (pattern: string) => RE2JS = kept((pattern) =>
  RE2JS.compile(`^(?:${pattern})$`, RE2JS.DOTALL),
);
export const labelRegex: (pattern: string) => (value: string) => boolean = kept(compileLabelRegex);
// Templates have tests of their own, and the recorded answers of `formatting`.
export const lineTemplate: (text: string) => Template = kept((text) => compileTemplate(text, 'line'));
export const labelTemplate: (text: string) => Template = kept((text) => compileTemplate(text, 'label'));
