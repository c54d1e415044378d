// Field names become label names: letters, digits and underscores.
import { trimGoSpace } from '../../go/space.ts';
import { remember } from '../remember.ts';

/** Distinct raw names remembered. */
const namesMax = 8192;
const known = new Map<string, string>();

/** A field name as a label name: spaces around it gone, a leading digit after `_`, one `_` per foreign character. */
export const labelNameOf = (field: string): string =>
  known.get(field) ?? remember(known, namesMax, field, leadingName);

const leadingName = (field: string): string => sanitize(field, true);

/** The same for a part after an underscore or for a logfmt expression's field, where a leading digit may stay. */
export const labelNamePart = (field: string): string => sanitize(field, false);

function sanitize(field: string, leading: boolean): string {
  if (plain.test(field)) return field;
  const text = trimGoSpace(field);
  if (text === '') return '';
  const prefix = leading && text >= '0' && text < ':' ? '_' : '';
  return prefix + text.replace(foreign, '_');
}

const plain = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const foreign = /[^a-zA-Z0-9_]/gu;
