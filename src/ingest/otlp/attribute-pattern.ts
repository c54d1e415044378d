// Patterns of OTLP attribute names, from the configuration.
import { compileRegex, trustedPattern } from '../../regex/regex.ts';
import type { CompileRegex } from './decode-otlp.ts';

export const compileAttributePattern: CompileRegex = (pattern) => {
  const regex = compileRegex(pattern, trustedPattern);
  return (name) => regex.testFull(name);
};
