/** The COOKIE option of a reply, where a message is at hand and not only its octets. */
import type { EdnsOption, Message } from './message.ts';
import type { ServerCookies } from './server-cookie.ts';
import { COOKIE_OPTION_OCTETS, isCookieLength, OPTION_COOKIE } from './server-cookie.ts';

const OPTION_HEADER_OCTETS = 4;
/** Where the client's address is laid: after the longest cookie, 4-aligned. */
const ADDRESS_AT = 40;

export interface CookieReply {
  readonly option: EdnsOption;
  /** Whether the query came with a cookie of ours that is not too old. */
  readonly isValid: boolean;
}

/** Of several COOKIE options only the first counts (RFC 7873 § 5.2). */
export function cookieOf({ edns }: Pick<Message, 'edns'>): Uint8Array | undefined {
  return edns?.options.find(({ code }) => code === OPTION_COOKIE)?.data;
}

/** `cookie`: of a length that it may have. `address`: 4 or 16 octets. */
export function replyToCookie(
  cookies: ServerCookies,
  cookie: Uint8Array,
  address: Uint8Array,
  nowSeconds: number,
): CookieReply {
  if (!isCookieLength(cookie.length)) {
    throw new RangeError(`Cannot answer a cookie of ${cookie.length} octets: it is malformed`);
  }
  const bytes = new Uint8Array(ADDRESS_AT + 16);
  bytes.set(cookie);
  bytes.set(address, ADDRESS_AT);
  const client = ADDRESS_AT + (address.length === 16 ? 1 : 0);
  cookies.take(bytes, 0, cookie.length, client, nowSeconds);
  const option = new Uint8Array(COOKIE_OPTION_OCTETS);
  cookies.write(new DataView(option.buffer), 0);
  return {
    option: { code: OPTION_COOKIE, data: option.subarray(OPTION_HEADER_OCTETS) },
    isValid: cookies.isValid,
  };
}
