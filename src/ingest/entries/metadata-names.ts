// Names of structured metadata as sent, with what is known of each.

import { levelLabels } from '../../formats/level-words.ts';
import { badRequest } from '../limits/push-error.ts';
import { sanitizeName, validText } from './sanitize-metadata.ts';

export interface MetadataName {
  readonly text: string;
  /** ASCII. */
  readonly bytes: Buffer;
  /** Place in `levelLabels`, or one of the special places below, or -1. */
  readonly levelPlace: number;
}
export const detectedLevelPlace = -2;
export const severityNumberPlace = -3;

/** Names kept of each form; beyond this the cache starts over, so that a client that invents names costs time and not memory. */
const namesMax = 8192;
const nameKeptBytesMax = 256;

export const detectedLevel: MetadataName = {
  text: 'detected_level',
  bytes: Buffer.from('detected_level'),
  levelPlace: detectedLevelPlace,
};

export class MetadataNames {
  readonly #byText = new Map<string, MetadataName>();
  readonly #byLatin1 = new Map<string, MetadataName>();

  /** Of a text, or of UTF-8 bytes given in latin1. Throws PushError 400 for an empty name. */
  of(key: string, latin1: boolean): MetadataName {
    const names = latin1 ? this.#byLatin1 : this.#byText;
    const known = names.get(key);
    if (known !== undefined) return known;
    const raw = latin1 ? validText(Buffer.from(key, 'latin1'), 0, key.length) : key;
    if (raw === '') throw badRequest('label name is empty');
    const text = sanitizeName(raw);
    const name: MetadataName = { text, bytes: Buffer.from(text), levelPlace: levelPlaceOf(raw, text) };
    if (key.length <= nameKeptBytesMax) {
      if (names.size >= namesMax) names.clear();
      names.set(key, name);
    }
    return name;
  }
}

function levelPlaceOf(raw: string, text: string): number {
  if (text === detectedLevel.text) return detectedLevelPlace;
  if (text === 'severity_number') return severityNumberPlace;
  const place = levelLabels.indexOf(raw);
  return place >= 0 ? place : levelLabels.indexOf(text);
}
