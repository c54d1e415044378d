// Times written by Go's layouts.

import { type Field, fieldsOf, monthNames, weekdayNames } from './layout.ts';
import type { CivilTime } from './time.ts';

const pad = (value: number, width: number, fill = '0'): string => String(value).padStart(width, fill);

export function formatLayout(time: CivilTime, layout: string): string {
  return fieldsOf(layout)
    .map((field) => formatField(time, field))
    .join('');
}

function formatField(time: CivilTime, field: Field): string {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (field.kind) {
    case 'text':
      return field.text;
    case 'longMonth':
      return monthNames[time.month - 1] as string;
    case 'month':
      return (monthNames[time.month - 1] as string).slice(0, 3);
    case 'longWeekday':
      return weekdayNames[time.weekday] as string;
    case 'weekday':
      return (weekdayNames[time.weekday] as string).slice(0, 3);
    case 'zoneName':
      return time.zoneName;
    case 'longYear':
      return time.year < 0 ? `-${pad(-time.year, 4)}` : pad(time.year, 4);
    case 'year':
      return pad(((time.year % 100) + 100) % 100, 2);
    case 'zeroYearDay':
      return pad(time.yearDay, 3);
    case 'underYearDay':
      return pad(time.yearDay, 3, ' ');
    case 'zeroMonth':
      return pad(time.month, 2);
    case 'numMonth':
      return String(time.month);
    case 'zeroDay':
      return pad(time.day, 2);
    case 'underDay':
      return pad(time.day, 2, ' ');
    case 'day':
      return String(time.day);
    case 'hour':
      return pad(time.hour, 2);
    case 'zeroHour12':
      return pad(hour12, 2);
    case 'hour12':
      return String(hour12);
    case 'zeroMinute':
      return pad(time.minute, 2);
    case 'minute':
      return String(time.minute);
    case 'zeroSecond':
      return pad(time.second, 2);
    case 'second':
      return String(time.second);
    case 'PM':
      return time.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return time.hour >= 12 ? 'pm' : 'am';
    case 'fraction':
      return formatFraction(time.nanosecond, field);
    case 'zone':
      return formatZone(time.offsetSeconds, field);
  }
}

function formatFraction(nanosecond: number, field: Field & { kind: 'fraction' }): string {
  const digits = pad(nanosecond, 9).slice(0, Math.min(field.digits, 9)).padEnd(field.digits, '0');
  if (!field.trim) return field.separator + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : field.separator + trimmed;
}

function formatZone(offsetSeconds: number, field: Field & { kind: 'zone' }): string {
  if (field.z && offsetSeconds === 0) return 'Z';
  const seconds = Math.abs(offsetSeconds);
  const colon = field.colon ? ':' : '';
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].slice(
    0,
    field.parts,
  );
  return (offsetSeconds < 0 ? '-' : '+') + parts.map((part) => pad(part, 2)).join(colon);
}
