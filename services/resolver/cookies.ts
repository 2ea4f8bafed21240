/**
 * DNS Cookies of the chain (RFC 7873, RFC 9018), of the same secrets as the readers' (libs/table).
 *
 * We ask nobody for a cookie: a query without one, or with one that is not ours, gets its answer,
 * and with it a cookie (RFC 7873 §§ 5.2.3 and 5.2.4, the third of the three choices). BADCOOKIE
 * would cost honest clients a second query: stub resolvers know no cookies, those that do get a new
 * one from each replica, and after each restart. What it would save is little: a reply over UDP has
 * 1232 octets at most. What a client gains is that no blind forger can answer in our place. So
 * BADCOOKIE is only said to who asks for nothing but whether its cookie is good (§ 5.4).
 */
import { ipv4Octets, ipv6Octets } from '../../libs/dns/address.ts';
import type { CookieReply } from '../../libs/dns/cookie-reply.ts';
import { cookieOf, replyToCookie } from '../../libs/dns/cookie-reply.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import type { ServerCookies } from '../../libs/dns/server-cookie.ts';
import { CLIENT_COOKIE_OCTETS, isCookieLength } from '../../libs/dns/server-cookie.ts';
import type { Client } from './query.ts';

export class Cookies {
  readonly #cookies: ServerCookies;
  readonly #nowSeconds: () => number;

  /** `nowSeconds`: since 1970, as other servers have it. */
  constructor(cookies: ServerCookies, nowSeconds: () => number) {
    this.#cookies = cookies;
    this.#nowSeconds = nowSeconds;
  }

  /** Undefined: the query has no cookie, or none that could be one. */
  replyTo(query: Message, { address }: Client): CookieReply | undefined {
    const cookie = cookieOf(query);
    if (cookie === undefined || !isCookieLength(cookie.length)) return undefined;
    const [plain = ''] = address.split('%'); // the zone of an IPv6 address
    const octets = ipv4Octets(plain) ?? ipv6Octets(plain);
    if (octets === undefined) return undefined;
    return replyToCookie(this.#cookies, cookie, octets, this.#nowSeconds());
  }

  /** What is said to who asks for nothing but a cookie (RFC 7873 § 5.4). */
  rcodeOf(query: Message, client: Client): number {
    const isLearning = cookieOf(query)?.length === CLIENT_COOKIE_OCTETS;
    const isGood = isLearning || this.replyTo(query, client)?.isValid === true;
    return isGood ? RCODE.NOERROR : RCODE.BADCOOKIE;
  }
}
