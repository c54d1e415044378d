// What one template may cost. Templates come from queries.

/** Bytes of template text. */
export const templateBytesMax = 64 * 1024;
/** Nested blocks and parentheses. */
export const nestingMax = 100;
/** Characters one execution may print, and one function may return. */
export const outputLengthMax = 1024 * 1024;
/** Nodes one execution may visit: bounds loops in loops. */
export const stepsMax = 200_000;
/** `{{template}}` inside `{{template}}`. */
export const templateDepthMax = 100;
