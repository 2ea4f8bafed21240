import { argumentsOf, noBlock, onlyOne, wholeNumber } from '../../../../libs/corefile/arguments.ts';
import { UDP_OCTETS_MAX } from '../../../../libs/dns/message.ts';
import type { Setup } from '../../plugin.ts';

/** What every client can receive (RFC 1035 § 2.3.4), and what none should have to. CoreDNS's. */
const OCTETS = { least: 512, most: 4096 } as const;

/** No handler: the server cuts replies. The table knows one size for all, the largest. */
export const setup: Setup = (directives) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  const [size] = argumentsOf(directive, 'at most a size in octets', 0, 1);
  const udpOctetsMax =
    size === undefined ? UDP_OCTETS_MAX : wholeNumber(size, 'size', OCTETS.least, OCTETS.most);
  return { name: 'bufsize', udpOctetsMax, seesEveryQuery: udpOctetsMax < UDP_OCTETS_MAX };
};
