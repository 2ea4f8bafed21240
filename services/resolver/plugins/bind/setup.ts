import { networkInterfaces } from 'node:os';
import { argumentsOf, cannotRead, readProperties } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import type { Setup } from '../../plugin.ts';

/** Addresses by interface. */
export type Interfaces = Readonly<Record<string, readonly string[]>>;

const EXPECTED = 'addresses or interfaces';
/** Words of one directive; a machine has fewer addresses to name. */
const ADDRESSES_MAX = 1000;

/** Where a server block listens: no handler, only addresses. */
export const setup: Setup = (directives) => setupWith(directives, machineInterfaces());

/** As `setup`, on the interfaces of some machine. */
export function setupWith(directives: readonly Directive[], interfaces: Interfaces) {
  const listenOn = each(directives, (directive) => {
    const except: string[] = [];
    const addresses = (statement: Property) =>
      argumentsOf(statement, EXPECTED, 1, ADDRESSES_MAX).flatMap((token) =>
        addressesOf(token, interfaces),
      );
    const [all] = both(
      () => addresses(directive),
      () => readProperties(directive, { except: (one) => except.push(...addresses(one)) }),
    );
    return all.filter((address) => !except.includes(address));
  }).flat();
  const [directive] = directives;
  if (listenOn.length === 0 && directive !== undefined) {
    throw new ConfigurationError(
      directive,
      'Cannot use "bind": except leaves no address; expected one to listen on',
    );
  }
  return { name: 'bind', listenOn: [...new Set(listenOn)] };
}

function addressesOf(token: Token, interfaces: Interfaces): readonly string[] {
  const address = parseAddress(token.text);
  if (address !== undefined) return [address.text];
  const found = interfaces[token.text];
  if (found !== undefined) return found;
  const known = Object.keys(interfaces).join(', ');
  throw cannotRead(token, 'address', 'it is none, and no interface', `one of ${known}`);
}

/** Link-local IPv6 addresses need their interface to be listened on. */
function machineInterfaces(): Interfaces {
  const interfaces: Record<string, readonly string[]> = {};
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    interfaces[name] = addresses.map(({ address, scopeid }) =>
      scopeid === undefined || scopeid === 0 ? address : `${address}%${name}`,
    );
  }
  return interfaces;
}
