/** The secrets of DNS Cookies in the shared memory: every thread answers with the same. */
import { putSecrets, ServerCookies } from '../dns/server-cookie.ts';
import { ROOT_COOKIES } from './layout.ts';

/** Until this was called, readers hand over what has a cookie. Any time: secrets roll over. */
export function setCookieSecrets(memory: SharedArrayBuffer, secrets: readonly Uint8Array[]): void {
  putSecrets(new Int32Array(memory), ROOT_COOKIES, secrets);
}

/** For one thread: it keeps what it found between calls. */
export function serverCookiesOf(memory: SharedArrayBuffer): ServerCookies {
  return new ServerCookies(new Int32Array(memory), ROOT_COOKIES);
}
