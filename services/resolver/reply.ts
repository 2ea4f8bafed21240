/** A plugin's response as the message that the client gets. */
import type { EdnsOption, Message } from '../../libs/dns/message.ts';
import { UDP_OCTETS_MAX } from '../../libs/dns/message.ts';
import { OPTION_COOKIE } from '../../libs/dns/server-cookie.ts';
import type { Response } from './response.ts';

/**
 * The reply to a query: its id, question, RD and CD; EDNS when it spoke EDNS (RFC 6891 § 6.1.1),
 * with our size, its DO and a cookie of ours; AD only for who asked for it (RFC 6840 § 5.8). Flags
 * that a plugin changed are as it wants them.
 */
export function replyTo(
  query: Message,
  response: Response,
  recursion: boolean,
  cookie?: EdnsOption,
): Message {
  const { rcode, authoritative, answer, authority, additional } = response;
  // Cookies are between two who talk to each other: what others gave us is not for the client.
  const others = response.options.filter(({ code }) => code !== OPTION_COOKIE);
  const options = cookie === undefined ? others : [cookie, ...others];
  const { flags, edns } = query;
  const wantsAuthenticity = edns?.dnssecOk === true || flags.authenticData;
  return {
    id: query.id,
    opcode: query.opcode,
    rcode,
    flags: {
      response: true,
      authoritative,
      truncated: false,
      recursionDesired: flags.recursionDesired,
      recursionAvailable: recursion || response.recursionAvailable,
      authenticData: response.authenticData && wantsAuthenticity,
      checkingDisabled: flags.checkingDisabled,
      ...response.flags,
    },
    question: query.question,
    answer,
    authority,
    additional,
    edns:
      edns === undefined
        ? undefined
        : { udpSize: UDP_OCTETS_MAX, version: 0, dnssecOk: edns.dnssecOk, options },
  };
}
