// `basic_auth` and `authorization` of who is sent something, as Prometheus has them.
import { z } from 'zod';
import { ownSecretOrFile, secret } from './secret.ts';
import { zodType } from './setting-types.ts';

export const authorizationShape = {
  basic_auth: z
    .strictObject({
      username: z.string(),
      password: zodType(secret).default(''),
      password_file: z.string().default(''),
    })
    .optional(),
  authorization: z
    .strictObject({
      type: z.string().default('Bearer'),
      credentials: zodType(secret).default(''),
      credentials_file: z.string().default(''),
    })
    .optional(),
};
const shape = z.object(authorizationShape);
export type Authorization = z.infer<typeof shape>;

export const shownAuthorization = ({ basic_auth, authorization }: Authorization): object => ({
  ...(basic_auth && { basic_auth: { ...basic_auth, password: secret.print(basic_auth.password) } }),
  ...(authorization && {
    authorization: { ...authorization, credentials: secret.print(authorization.credentials) },
  }),
});

/** `Authorization`; '' for none. `at`: the setting whose file may be named. Throws ConfigError. */
export function authorizationHeader(at: string, { basic_auth, authorization }: Authorization): string {
  const of = (key: string, value: string, file: string): string =>
    ownSecretOrFile(value, `${at}.${key}`, file);
  if (authorization !== undefined) {
    const { type, credentials, credentials_file: file } = authorization;
    return `${type} ${of('authorization.credentials_file', credentials, file)}`;
  }
  if (basic_auth === undefined) return '';
  const { username, password, password_file: file } = basic_auth;
  return basicAuthorization(username, of('basic_auth.password_file', password, file));
}

export const basicAuthorization = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
