/** A key from its words. No error says anything of the secret. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Place, Token } from '../../../../libs/corefile/corefile.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { absoluteName, lowerName } from '../../../../libs/dns/name.ts';
import type { TsigAlgorithm, TsigKey } from '../../../../libs/dns/tsig.ts';
import { TSIG_ALGORITHMS } from '../../../../libs/dns/tsig.ts';

/** Longest secret, in octets: no hash reads more than 128 of them without hashing it first. */
const SECRET_OCTETS_MAX = 1024;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface KeyWords {
  readonly name: Token;
  readonly secret: Token;
  readonly algorithm: Token | undefined;
}

export function readKey({ name, secret, algorithm }: KeyWords): TsigKey {
  const [keyName = '.'] = readZones(name, name.text);
  const octets = Buffer.from(secret.text, 'base64');
  if (!BASE64.test(secret.text) || octets.length === 0 || octets.length > SECRET_OCTETS_MAX) {
    throw new ConfigurationError(
      secret,
      `Cannot read the secret of the key "${name.text}": it is malformed; ` +
        `expected base64 of 1 to ${SECRET_OCTETS_MAX} octets`,
    );
  }
  return { name: keyName, algorithm: algorithm && readAlgorithm(algorithm), secret: octets };
}

/** A name has one secret. */
export function addKey(keys: Map<string, TsigKey>, key: TsigKey, place: Place): void {
  if (keys.has(key.name)) {
    throw new ConfigurationError(
      place,
      `Cannot use the key "${key.name}" again: it has a secret already; expected one`,
    );
  }
  keys.set(key.name, key);
}

/** `hmac-md5` is short for its odd name on the wire. */
function readAlgorithm(token: Token): TsigAlgorithm {
  const name = lowerName(absoluteName(token.text));
  const found = TSIG_ALGORITHMS.find((each) => each === name || each.startsWith(`${name}sig-alg.`));
  if (found !== undefined) return found;
  const expected = TSIG_ALGORITHMS.map((each) => each.split('.')[0]).join(', ');
  throw cannotRead(token, 'algorithm', 'it is unknown', `one of ${expected}`);
}
