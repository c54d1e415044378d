// The settings that say which sites and names browsers may use: lists of origins and of host names.
import { parseOrigin } from '../../http/server/cross-site.ts';
import { type SettingType, textList } from '../setting-types.ts';

function listOf(expected: string, fits: (item: string) => boolean): SettingType<readonly string[]> {
  return {
    expected,
    parse: (value) => {
      const items = textList.parse(value);
      return items?.every(fits) === true ? items : undefined;
    },
    print: (list) => [...list],
  };
}

export const originList = listOf(
  'origins such as https://grafana.example.org or http://10.0.0.5:3000, without paths',
  (item) => parseOrigin(item) !== undefined,
);

export const hostNameList = listOf('names of hosts such as logs.example.org, without ports', (item) =>
  /^[\w-]+(\.[\w-]+)*\.?$/.test(item),
);
