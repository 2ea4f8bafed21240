/** The servers that one word names: an address, or a file like /etc/resolv.conf. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import type { ServerAddress } from './exchange.ts';
import { nameServersOf } from './resolv-conf.ts';

const DNS_PORT = 53;
const PORT_MAX = 65535;
const EXPECTED = 'an IP address, ADDRESS:PORT, [IPV6]:PORT, or a file like /etc/resolv.conf';

/**
 * Reads the word, and the file that it names. Names of hosts are refused: who would answer them?
 */
export function serversOf(
  token: Token,
  readFile: (path: string) => string,
): readonly ServerAddress[] {
  const [, scheme, rest = ''] = /^(?:([a-z0-9]+):\/\/)?(.*)$/s.exec(token.text) ?? [];
  if (scheme !== undefined && scheme !== 'dns') {
    throw cannotRead(token, 'upstream', `${scheme} is not here yet`, EXPECTED);
  }
  const server = addressOf(rest);
  if (server !== undefined) return [server];
  const name = (is: string) => cannotRead(token, 'upstream', is, EXPECTED);
  let text: string;
  try {
    text = readFile(rest);
  } catch (error) {
    throw name(`it is no address, and no file: ${error instanceof Error ? error.message : error}`);
  }
  const servers = nameServersOf(text).map((each) => {
    const found = addressOf(each);
    if (found === undefined) throw name(`it has a nameserver "${each}", which is no address`);
    return found;
  });
  if (servers.length === 0) throw name('it is a file without a nameserver');
  return servers;
}

/** An address with or without a port; an IPv6 address may name its interface after a %. */
function addressOf(text: string): ServerAddress | undefined {
  const [, address = text, digits = String(DNS_PORT)] =
    /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const [bare = '', ...scope] = address.split('%');
  const parsed = parseAddress(bare);
  if (parsed === undefined || port < 1 || port > PORT_MAX || scope.length > 1) return undefined;
  return { address: [parsed.text, ...scope].join('%'), port };
}
