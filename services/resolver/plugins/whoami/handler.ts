/** Answers with the address, the port and the transport of who asks. */
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isName } from '../../../../libs/dns/name.ts';
import type { Plugin } from '../../plugin.ts';
import { emptyResponse } from '../../response.ts';

export function createWhoami(): Plugin {
  return {
    name: 'whoami',
    async handle({ question, client }) {
      const { address, port, transport } = client;
      const { name } = question;
      const type = address.includes(':') ? 'AAAA' : 'A';
      const owner = `_${transport}.${name === '.' ? '' : name}`;
      return {
        ...emptyResponse(RCODE.NOERROR),
        authoritative: true,
        additional: [
          { name, type, ttl: 0, rdata: address },
          ...(isName(owner) ? [{ name: owner, type: 'SRV', ttl: 0, rdata: `0 0 ${port} .` }] : []),
        ],
      };
    },
  };
}
