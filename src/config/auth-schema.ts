// Who may use the gateway: `auth`. Users and tokens are in the file; one of each can come from the environment.
import { z } from 'zod';
import { type Credential, hashToken, isTokenHash, type Scope, scopes } from '../http/auth/credentials.ts';
import { hashPassword, isPasswordHash } from '../http/auth/password-hash.ts';
import type { AuthSettings } from '../http/server/settings.ts';
import { ConfigError } from './config-error.ts';
import { ownSecretOrFile, readSecretFile, secret } from './secret.ts';
import { type Nested, section, setting, type Values } from './section.ts';
import { automaticFlag, flag, type SettingType, text, textList, zodType } from './setting-types.ts';

const scopeList: SettingType<readonly Scope[]> = {
  expected: `a list of ${scopes.join(', ')}`,
  parse: (value) => {
    const found = textList.parse(value)?.map((name) => scopes.find((known) => known === name));
    return found?.every((scope) => scope !== undefined) === true ? found : undefined;
  },
  print: (list) => [...list],
};

const allScopes = zodType(scopeList).default([...scopes]);
const tenantList = zodType(textList).default([]);
const optionalSecret = zodType(secret).default('');

const userShape = z.strictObject({
  name: zodType(text),
  password_hash: optionalSecret,
  password_file: zodType(text).default(''),
  scopes: allScopes,
  tenants: tenantList,
});
const tokenShape = z.strictObject({
  name: zodType(text),
  token_hash: optionalSecret,
  token_file: zodType(text).default(''),
  scopes: allScopes,
  tenants: tenantList,
});
type User = z.infer<typeof userShape>;
type Token = z.infer<typeof tokenShape>;

const nestedList = <T extends object>(shape: z.ZodType<T>, secretKey: keyof T): Nested<readonly T[]> => ({
  kind: 'nested',
  zod: z.array(shape).default([]) as unknown as z.ZodType<readonly T[]>,
  print: (list) => list.map((item) => ({ ...item, [secretKey]: secret.print(String(item[secretKey])) })),
});

export const authSection = section({
  users: nestedList(userShape as unknown as z.ZodType<User>, 'password_hash'),
  tokens: nestedList(tokenShape as unknown as z.ZodType<Token>, 'token_hash'),
  /** One user and one token that may do everything: what the environment can give. */
  user: setting(text, ''),
  password_hash: setting(secret, ''),
  password_file: setting(text, ''),
  token: setting(secret, ''),
  token_file: setting(text, ''),
  /** False: probes and scrapes need credentials, too. */
  ready_open: setting(flag, true),
  /** They tell of all tenants: open unless some of the credentials may not see them all. */
  metrics_open: setting(automaticFlag, 'auto'),
});

type AuthValues = Values<(typeof authSection)['members']>;

/** Reads the files of secrets. Throws ConfigError. */
export function authSettings(values: AuthValues, authEnabled: boolean): AuthSettings {
  const { users, tokens, user, token, token_file } = values;
  const everything = { scopes: [...scopes], tenants: [] };
  const { password_hash, password_file } = values;
  const allUsers: readonly (readonly [at: string, user: User])[] = [
    ...users.map((one, index) => [`auth.users.${index}`, one] as const),
    ...(user === '' ? [] : [['auth', { ...everything, name: user, password_hash, password_file }] as const]),
  ];
  const plain = ownSecretOrFile(token, 'auth.token_file', token_file);
  const credentials: Credential[] = [
    ...allUsers.map(([at, one]) => userCredential(at, one)),
    ...tokens.map((one, index) => tokenCredential(`auth.tokens.${index}`, one)),
    ...(plain === ''
      ? []
      : [{ ...everything, name: 'token', kind: 'token', hash: hashToken(plain) } as const]),
  ];
  checkTogether(credentials, values, authEnabled);
  const metricsOpen =
    values.metrics_open === 'auto'
      ? credentials.every(({ tenants }) => tenants.length === 0)
      : values.metrics_open;
  return { credentials, readyOpen: values.ready_open, metricsOpen };
}

function userCredential(at: string, { name, password_hash, password_file, ...rest }: User): Credential {
  if (name === '' || name.includes(':')) throw new ConfigError([`${at}.name: expected a name without ":"`]);
  if (password_file !== '') {
    const content = readSecretFile(`${at}.password_file`, password_file);
    // A file may hold the hash, or the password itself as Docker's secrets do.
    return { ...rest, name, kind: 'user', hash: isPasswordHash(content) ? content : hashPassword(content) };
  }
  if (!isPasswordHash(password_hash))
    throw new ConfigError([`${at}.password_hash: expected what "skald hash-password" prints`]);
  return { ...rest, name, kind: 'user', hash: password_hash };
}

function tokenCredential(at: string, { name, token_hash, token_file, ...rest }: Token): Credential {
  const hash = token_file === '' ? token_hash : tokenFileHash(readSecretFile(`${at}.token_file`, token_file));
  if (!isTokenHash(hash))
    throw new ConfigError([`${at}.token_hash: expected what "skald hash-password --token" prints`]);
  return { ...rest, name, kind: 'token', hash };
}

const tokenFileHash = (content: string): string => (isTokenHash(content) ? content : hashToken(content));

function checkTogether(credentials: readonly Credential[], values: AuthValues, authEnabled: boolean): void {
  const names = credentials.filter(({ kind }) => kind === 'user').map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw new ConfigError([`auth.users: "${double}" stands there twice`]);
  const bound = credentials.find(({ tenants }) => tenants.length > 0);
  if (bound !== undefined && !authEnabled)
    throw new ConfigError([`auth: "${bound.name}" is bound to tenants, which needs auth_enabled: true`]);
  if (credentials.length === 0 && !(values.ready_open && values.metrics_open !== false))
    throw new ConfigError(['auth: ready_open and metrics_open need users or tokens']);
}
