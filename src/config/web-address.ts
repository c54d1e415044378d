// Settings that are addresses of HTTP, which may hold a password.
import { type SettingType, text, textList } from './setting-types.ts';

export const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

export const webAddress: SettingType<string> = {
  expected: 'an address such as http://grafana:3000, or nothing',
  parse: (value) => {
    const address = text.parse(value);
    return address !== undefined && (address === '' || isWebAddress(address)) ? address : undefined;
  },
  print: withoutPassword,
};

export const webAddresses: SettingType<readonly string[]> = {
  expected: 'a list of addresses such as http://alertmanager:9093, or text separated by commas',
  parse: (value) => {
    const list = textList.parse(value);
    return list?.every(isWebAddress) === true ? list : undefined;
  },
  print: (list) => list.map(withoutPassword),
};

export function withoutPassword(address: string): string {
  if (address === '') return '';
  const url = new URL(address);
  if (url.password === '') return address;
  url.password = 'secret';
  return url.href;
}
