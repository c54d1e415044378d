// JSON values that follow each other in a file: one a line, printed over many lines, or as elements of one array.
import { CommandError } from '../cli/command.ts';

/** One value, such as a push body, may be so large. */
const documentBytesMax = 64 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
/** Space, tab, line feed, carriage return; an array's comma and brackets around objects. */
const between = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, openBracket, closeBracket]);
const lineFeed = 0x0a;

export interface JsonDocument {
  readonly value: unknown;
  /** Line of its first character, from 1. */
  readonly line: number;
}

/** Objects in order; memory is bounded by the largest. Throws CommandError with `name` and the line. */
export async function* jsonDocuments(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<JsonDocument> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let line = 1;
  let firstLine = 1;
  const wrong = (text: string, at: number): CommandError => new CommandError(`${name}:${at}: ${text}`);
  for await (const chunk of chunks) {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte === lineFeed) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (depth === 0) {
        if (byte === openBrace) {
          depth = 1;
          start = i;
          firstLine = line;
        } else if (!between.has(byte)) throw wrong('expected a JSON object', line);
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) depth++;
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        const text = Buffer.concat([...held, chunk.subarray(start, i + 1)]).toString('utf8');
        held = [];
        heldBytes = 0;
        yield { value: parse(text, (problem) => wrong(problem, firstLine)), line: firstLine };
      }
    }
    if (depth === 0) continue;
    heldBytes += chunk.length - start;
    if (heldBytes > documentBytesMax)
      throw wrong(`one JSON object is larger than ${documentBytesMax / 2 ** 20} MB`, firstLine);
    held.push(chunk.subarray(start));
  }
  if (depth > 0) throw wrong('the file ends inside this JSON object', firstLine);
}

function parse(text: string, wrong: (problem: string) => CommandError): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw wrong(`not JSON: ${(error as Error).message}`);
  }
}
