/** A cluster that a property names. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { isClusterName } from '../../../../libs/event/subject.ts';

/** `named`: gets it as well, for who knows which clusters there are. */
export function clusterIn(token: Token, named: Token[]): string {
  if (!isClusterName(token.text)) {
    const expected = 'a DNS label: a-z, 0-9 and -, at most 63';
    throw cannotRead(token, 'name of a cluster', 'it is no label', expected);
  }
  named.push(token);
  return token.text;
}
