/**
 * Who asks, by signature (RFC 8945): verified before the chain, and each message of the reply is
 * signed last.
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { TsigKey, Verified } from '../../../../libs/dns/tsig.ts';
import { replyOctets, TsigSigner, tellError, verify } from '../../../../libs/dns/tsig.ts';
import type { Admission, Plugin, Seal } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse } from '../../response.ts';

/** Types that only signed queries may ask for. */
export type Required = 'all' | ReadonlySet<string>;

export interface TsigOptions {
  readonly zones: readonly string[];
  readonly keys: ReadonlyMap<string, TsigKey>;
  readonly required: Required;
  /** Since 1970. */
  readonly nowSeconds: () => number;
  /** Hears of each query that is refused: BADKEY, say. */
  readonly count: (error: string) => void;
}

/** What the table answers to nobody, so that it need not know who asks. */
const NEVER_IN_TABLE = new Set(['AXFR', 'IXFR', 'ANY']);

type Wrong = Extract<Verified, { kind: 'wrong' }>;
type Good = Extract<Verified, { kind: 'ok' }>;

export function createTsig(options: TsigOptions): Plugin {
  const { zones, keys, required, nowSeconds, count } = options;
  const isRequired = ({ question }: Query) => required === 'all' || required.has(question.type);
  const refuse = (rcode: number, error: string): Admission => {
    count(error);
    return { outcome: { response: { ...emptyResponse(rcode), plugin: 'tsig' } } };
  };
  return {
    name: 'tsig',
    seesEveryQuery: required === 'all' || [...required].some((type) => !NEVER_IN_TABLE.has(type)),
    admit(query, packet) {
      if (!zones.some((zone) => isWithin(query.name, zone))) return undefined;
      const verified = verify(packet, keys, nowSeconds());
      switch (verified.kind) {
        case 'unsigned':
          return isRequired(query) ? refuse(RCODE.REFUSED, 'unsigned') : undefined;
        case 'malformed':
          return refuse(RCODE.FORMERR, 'FORMERR');
        case 'wrong':
          return {
            ...refuse(RCODE.NOTAUTH, verified.error),
            seal: sealOfError(verified, nowSeconds),
          };
        case 'ok':
          return {
            outcome: { query: { ...query, signedBy: verified.key.name } },
            seal: sealOf(verified, nowSeconds),
          };
      }
    },
  };
}

function sealOf({ key, algorithm, tsig }: Good, nowSeconds: () => number): Seal {
  const signer = new TsigSigner(key, nowSeconds, tsig.mac, algorithm);
  return { octets: signer.octets, seal: (message) => signer.sign(message) };
}

/** Signed where the client has our key, though not our time. */
function sealOfError({ error, tsig, key, algorithm }: Wrong, nowSeconds: () => number): Seal {
  const octets = replyOctets(tsig);
  if (key === undefined) {
    return { octets, seal: (message) => tellError(message, error, tsig) };
  }
  const signer = new TsigSigner(key, nowSeconds, tsig.mac, algorithm);
  return { octets, seal: (message) => signer.signError(message, error, tsig) };
}
