/** The addresses of this machine that others can reach: those of its name servers. */
import { networkInterfaces } from 'node:os';

export const OWN_ADDRESSES: readonly { readonly type: 'A' | 'AAAA'; readonly rdata: string }[] =
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
    .map(({ address, family }) => ({ type: family === 'IPv4' ? 'A' : 'AAAA', rdata: address }));
