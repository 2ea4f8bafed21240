/** Response codes as the Corefile names them: IANA's mnemonics. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';

const RCODES: Readonly<Record<string, number>> = {
  ...RCODE,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
};

/** The code of a mnemonic in any case. `but`: one that makes no sense there. */
export function rcodeOf(token: Token, but?: string): number {
  const name = token.text.toUpperCase();
  const rcode = Object.hasOwn(RCODES, name) && name !== but ? RCODES[name] : undefined;
  if (rcode !== undefined) return rcode;
  const names = Object.keys(RCODES).filter((each) => each !== but);
  throw cannotRead(token, 'response code', 'it is none here', `one of ${names.join(', ')}`);
}
