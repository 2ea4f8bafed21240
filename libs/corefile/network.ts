import { type BlockList, isIP } from 'node:net';
import { cannotRead } from './arguments.ts';
import type { Token } from './corefile.ts';

/** Adds a network, or an address, which is the network of itself. */
export function addNetwork(
  list: BlockList,
  token: Token,
  what: string,
  expected = '10.0.0.0/8 or an address',
): void {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(token.text) ?? [];
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (version === 0 || bits > most) throw cannotRead(token, what, 'it is no network', expected);
  list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
}
