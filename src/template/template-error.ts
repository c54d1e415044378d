/** A template that does not parse, or whose execution failed. `message` is Go's text. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A function's own failure; the executor adds where it happened. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}
