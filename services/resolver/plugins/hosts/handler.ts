/** Answers A, AAAA and PTR from a table of hosts. */
import { addressOfReverseName } from '../../../../libs/dns/address.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { ChainNames } from '../../chain-names.ts';
import type { Plugin } from '../../plugin.ts';
import type { Next, Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { HostTable } from './host-table.ts';

export interface HostsOptions {
  readonly zones: readonly string[];
  /** Of records, in seconds. */
  readonly ttl: number;
  /** Zones whose names are the next plugin's when they are not there. */
  readonly fallthrough: readonly string[];
  /** Whether other types than A, AAAA and PTR are so too. */
  readonly unsupportedFalls: boolean;
}

/** What is there now, and how it is kept up to date. */
export interface HostsSource {
  readonly table: HostTable;
  /** Of the table. */
  readonly names: ChainNames;
  start(): Promise<void>;
  stop(): void;
}

export function createHosts(options: HostsOptions, source: HostsSource): Plugin {
  const { zones, ttl, fallthrough, unsupportedFalls } = options;
  const isIn = (some: readonly string[], name: string) => some.some((zone) => isWithin(name, zone));
  const namesOf = (name: string) => source.table.namesOf(addressOfReverseName(name) ?? '');
  const answer = (
    { question: { name } }: Query,
    type: string,
    rdatas: readonly string[],
  ): Response => ({
    ...emptyResponse(RCODE.NOERROR),
    authoritative: true,
    answer: rdatas.map((rdata) => ({ name, type, ttl, rdata })),
  });
  /** Who is below denies with authority what is there because of us: the table does not. */
  const pass = async (query: Query, next: Next): Promise<Response> => {
    const response = await next(query);
    const isDenied = response.authoritative && response.rcode === RCODE.NXDOMAIN;
    if (!isDenied || !source.table.hasBelow(query.name)) return response;
    return { ...response, rcode: RCODE.NOERROR };
  };
  return {
    name: 'hosts',
    // What is lacking is refused where it may not fall through: whoever else has it.
    seesEveryQuery: zones.some((zone) => !isIn(fallthrough, zone)),
    chainNames: source.names,
    owns: (name) =>
      source.table.isNamed(addressOfReverseName(name) ?? '') ||
      (isIn(zones, name) && source.table.find(name) !== undefined),
    async handle(query, next) {
      const { name, question } = query;
      const { type } = question;
      if (type === 'PTR') {
        const names = namesOf(name);
        return names.length === 0 ? pass(query, next) : answer(query, type, names);
      }
      if (!isIn(zones, name)) return pass(query, next);
      const isAddress = type === 'A' || type === 'AAAA';
      const falls = isIn(fallthrough, name);
      if (!isAddress && unsupportedFalls && falls) return next(query);
      const host = source.table.find(name);
      if (host !== undefined) return answer(query, type, isAddress ? host[type] : []);
      // Who has no SOA can't deny (RFC 2308 § 3).
      return falls ? pass(query, next) : emptyResponse(RCODE.SERVFAIL);
    },
    start: () => source.start(),
    stop: async () => source.stop(),
  };
}
