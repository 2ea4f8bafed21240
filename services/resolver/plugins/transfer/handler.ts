/**
 * Hands out the zones of the plugins below (RFC 5936, RFC 1995), and tells who follows them of
 * changes.
 *
 *   AXFR, IXFR ─► may the client have it? ─► who below has the zone? ─► messages, while it reads
 */
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { longestZone, lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import { serialOf } from '../../../../libs/transfer/serial.ts';
import type { ZoneSource } from '../../../../libs/transfer/zone-source.ts';
import type { Below, Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { NotifierDependencies, Target } from './notifier.ts';
import { Notifier } from './notifier.ts';
import type { Recipient } from './recipient.ts';
import { isRecipient } from './recipient.ts';
import type { Kind, Transfer } from './zone-messages.ts';
import { changesOf, wholeZone } from './zone-messages.ts';

/** One directive. */
export interface Grant {
  readonly zones: readonly string[];
  readonly to: readonly Recipient[];
  /** NOTIFY is sent from there. */
  readonly source: string | undefined;
}

export interface TransferDependencies {
  readonly notifier: NotifierDependencies;
  readonly count: (zone: string, kind: Kind | 'refused') => void;
}

/** Each holds a state of its zone while it lasts; who is turned away tries again later. */
const TRANSFERS_MAX = 50;

/** How often it is looked for zones that nobody has yet: a few lookups in memory. */
const FOLLOW_MS = 1000;

const TYPES = new Set(['AXFR', 'IXFR']);

export function createTransfer(
  grants: readonly Grant[],
  dependencies: TransferDependencies,
): Plugin {
  const transfer = new ZoneTransfers(grants, dependencies);
  return {
    name: 'transfer',
    handle: async (query, next) => {
      if (!TYPES.has(query.question.type)) return next(query);
      return transfer.answer(query) ?? next(query);
    },
    below: (below) => {
      transfer.below = below;
    },
    async start() {
      transfer.followAll();
    },
    async stop() {
      transfer.stop();
    },
  };
}

class ZoneTransfers {
  readonly #grants: readonly Grant[];
  readonly #dependencies: TransferDependencies;
  readonly #notifiers = new Map<string, Notifier>();
  #cancel = () => {};
  #open = 0;
  below: Below | undefined;

  constructor(grants: readonly Grant[], dependencies: TransferDependencies) {
    this.#grants = grants;
    this.#dependencies = dependencies;
  }

  /** Undefined: no directive is about that name. */
  answer(query: Query): Response | Promise<Response> | undefined {
    const grants = this.#grantsOf(query.name);
    const [zone] = grants.map(({ zone }) => zone);
    if (zone === undefined) return undefined;
    const isAllowed = grants.some(({ grant }) => grant.to.some((to) => isRecipient(to, query)));
    // RFC 5936 § 4.2: a zone does not go over UDP.
    if (!isAllowed || (query.question.type === 'AXFR' && query.client.transport === 'udp')) {
      this.#dependencies.count(zone, 'refused');
      return emptyResponse(RCODE.REFUSED);
    }
    const source = this.follow(query.name);
    if (source === undefined) return emptyResponse(RCODE.NOTAUTH);
    const soa = source.soa();
    if (soa === undefined) return { ...emptyResponse(RCODE.SERVFAIL), options: [NOT_READY] };
    if (this.#open >= TRANSFERS_MAX) return emptyResponse(RCODE.SERVFAIL);
    return this.#hand(query, source, soa);
  }

  /** A log may have to be read for it, which counts as a transfer too. */
  async #hand(query: Query, source: ZoneSource, soa: RR): Promise<Response> {
    this.#open++;
    try {
      const transfer = await transferOf(query, source, soa);
      if (transfer === undefined) return emptyResponse(RCODE.FORMERR);
      return this.#respond(query, soa, transfer);
    } finally {
      this.#open--;
    }
  }

  /** The source of a zone; those who follow the zone are told of its changes from now on. */
  follow(zone: string): ZoneSource | undefined {
    let source: ZoneSource | undefined;
    for (const plugin of this.below?.plugins ?? []) source ??= plugin.zoneSource?.(zone);
    if (source === undefined || this.#notifiers.has(zone)) return source;
    const targets = this.#grantsOf(zone).flatMap(({ grant }) => targetsOf(grant));
    if (targets.length > 0) {
      this.#notifiers.set(zone, new Notifier(source, targets, this.#dependencies.notifier));
    }
    return source;
  }

  /** Plugins below start later, and may know their zones only then. */
  followAll(): void {
    const granted = this.#grants.flatMap((grant) => grant.zones);
    const there = (this.below?.plugins ?? []).flatMap((plugin) => plugin.sourceZones?.() ?? []);
    const below = there.filter((zone) => longestZone(zone, granted) !== undefined);
    const zones = new Set([...granted, ...below]);
    const missing = [...zones].filter((zone) => this.follow(zone) === undefined);
    if (missing.length === 0) return;
    const { after } = this.#dependencies.notifier;
    this.#cancel = after(FOLLOW_MS, () => this.followAll());
  }

  stop(): void {
    this.#cancel();
    for (const notifier of this.#notifiers.values()) notifier.stop();
    this.#notifiers.clear();
  }

  /** Those of the longest zone that the name is in. */
  #grantsOf(name: string): readonly { readonly zone: string; readonly grant: Grant }[] {
    const zone = longestZone(
      name,
      this.#grants.flatMap(({ zones }) => zones),
    );
    if (zone === undefined) return [];
    const grants = this.#grants.filter(({ zones }) => zones.includes(zone));
    return grants.map((grant) => ({ zone, grant }));
  }

  #respond(query: Query, soa: RR, { kind, messages }: Transfer): Response {
    this.#dependencies.count(query.name, kind);
    if (kind === 'axfr') {
      const { log } = this.#dependencies.notifier;
      const serial = serialOf(soa);
      log.info(`plugin/transfer: ${query.name} of serial ${serial} to ${query.client.address}`);
    }
    const first = messages.next();
    const answer = first.done === true ? [soa] : first.value;
    const response = { ...emptyResponse(RCODE.NOERROR), authoritative: true, answer };
    const second = messages.next();
    if (second.done === true) return response;
    return { ...response, more: this.#counted(second.value, messages) };
  }

  *#counted(second: readonly RR[], messages: Iterator<readonly RR[]>): Generator<readonly RR[]> {
    this.#open++;
    try {
      yield second;
      for (let next = messages.next(); next.done !== true; next = messages.next()) {
        yield next.value;
      }
    } finally {
      this.#open--;
    }
  }
}

/** Undefined: an IXFR that does not say what the client has (RFC 1995 § 3). */
async function transferOf(
  query: Query,
  source: ZoneSource,
  soa: RR,
): Promise<Transfer | undefined> {
  if (query.question.type === 'AXFR') return wholeZone(source, soa);
  const has = query.message.authority.find(
    ({ type, name }) => type === 'SOA' && lowerName(name) === query.name,
  );
  return has === undefined ? undefined : changesOf(source, soa, serialOf(has), query);
}

function targetsOf({ to, source }: Grant): readonly Target[] {
  return to.flatMap(({ notify, key }) =>
    notify === undefined ? [] : [{ endpoint: notify, key, source }],
  );
}

const NOT_READY = { code: OPTION_EDE, data: Uint8Array.of(0, EDE.NOT_READY) };
