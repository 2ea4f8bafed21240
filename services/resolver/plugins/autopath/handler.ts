/**
 * Walks the search path of a client here, so that the client need not do it query by query.
 *
 *   a.ns.svc.cluster.local. ─► below the first element of its search path? ─► the base is `a.`
 *     ─► ask the rest of the chain: a.ns.svc.cluster.local., a.svc.cluster.local., …, a.
 *     ─► the first that is not denied, behind a CNAME from the name asked
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin, lowerName } from '../../../../libs/dns/name.ts';
import type { Below, Plugin } from '../../plugin.ts';
import type { Client, Query } from '../../query.ts';
import type { Response } from '../../response.ts';
import { NAMES_MAX, namesToAsk } from './search-path.ts';

/** The search path of a client that asks for this name (in lower case); undefined: not known. */
export type SearchPathOf = (name: string, client: Client) => readonly string[] | undefined;

export interface AutopathOptions {
  readonly zones: readonly string[];
  /** Given what comes after in the chain. Throws ConfigurationError. */
  readonly searchPathOf: (below: Below) => SearchPathOf;
  /** A walk ended at a name that exists. */
  readonly onSuccess: () => void;
}

/** Zone transfers (RFC 5936, RFC 1995): no client searches for a zone. */
const TRANSFERS = new Set(['AXFR', 'IXFR']);

export function createAutopath({ zones, searchPathOf, onSuccess }: AutopathOptions): Plugin {
  let pathOf: SearchPathOf = () => undefined;
  const names = ({ name, question, client }: Query): readonly string[] => {
    if (TRANSFERS.has(question.type) || !zones.some((zone) => isWithin(name, zone))) return [];
    return namesToAsk(question.name, pathOf(name, client) ?? []);
  };
  return {
    name: 'autopath',
    asksMax: NAMES_MAX,
    seesEveryDenial: true,
    below: (below) => {
      pathOf = searchPathOf(below);
    },
    async handle(query, next) {
      const [, ...others] = names(query);
      const first = await next(query);
      if (others.length === 0) return first;
      let response = first;
      for (const name of others) {
        if (!isDenied(response)) break;
        response = aliased(query.question.name, name, await next(asking(query, name)));
      }
      if (isDenied(response)) return first;
      if (response.rcode === RCODE.NOERROR) onSuccess();
      return response;
    },
  };
}

/**
 * Whether the walk goes on. A failure says nothing of the name (RFC 2308 § 7): to go on would be to
 * deny it. NXDOMAIN behind a CNAME is said of its target (RFC 6604 § 3). What nobody here serves is
 * refused at the end of the chain.
 */
function isDenied({ rcode, answer, plugin }: Response): boolean {
  if (rcode === RCODE.NXDOMAIN) return answer.length === 0;
  return rcode === RCODE.REFUSED && plugin === '';
}

function asking(query: Query, name: string): Query {
  return { ...query, name: lowerName(name), question: { ...query.question, name } };
}

/**
 * The answer of another name, which is written as the client writes it. Nobody signed the CNAME:
 * the answer as a whole is not authenticated (RFC 4035 § 3.2.3).
 */
function aliased(name: string, other: string, response: Response): Response {
  const isOther = (owner: string) => lowerName(owner) === lowerName(other);
  const answer = response.answer.map((record) =>
    isOther(record.name) ? { ...record, name: other } : record,
  );
  const [first] = answer;
  if (first === undefined || lowerName(first.name) === lowerName(name)) return response;
  const cname = { name, type: 'CNAME', ttl: first.ttl, rdata: first.name };
  return { ...response, authenticData: false, answer: [cname, ...answer] };
}
