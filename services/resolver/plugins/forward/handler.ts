/**
 * Asks upstream servers for what nobody below knows.
 *
 *   query ─► directives in file order: the first that takes the name
 *              └─► forwarding.ts ─► response ─┬─ a code of `next` ─► the next directive that does
 *                                             └─► client
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { ForwardDependencies, Forwarder } from './forwarding.ts';
import { Forwarding } from './forwarding.ts';

const UPSTREAM = 'forward/upstream';
/** Transfers are many messages, and come over a connection of their own. */
const TRANSFERS: ReadonlySet<string> = new Set(['AXFR', 'IXFR']);

export function createForward(
  forwarders: readonly Forwarder[],
  dependencies: ForwardDependencies,
): Plugin {
  const chain = forwarders.map((each) => new Forwarding(each, dependencies));
  const lists = forwarders.map(({ upstreams }) => upstreams);
  const told = new WeakMap<() => string, { upstream: string }>();
  return {
    name: 'forward',
    servers: lists.flatMap(({ named }) => named),
    async handle(query, next) {
      const takers = chain.filter((each) => each.takes(query.name));
      if (takers.length === 0) return next(query);
      if (TRANSFERS.has(query.question.type)) return emptyResponse(RCODE.NOTIMP);
      return answerBy(takers, query, (upstream) => {
        const read = query.metadata?.get(UPSTREAM);
        const known = read && told.get(read);
        if (known !== undefined) known.upstream = upstream;
      });
    },
    *metadata() {
      const known = { upstream: '' };
      const read = () => known.upstream;
      told.set(read, known);
      yield [UPSTREAM, read];
    },
    // A host that is not to be found is no reason not to answer for all others.
    waitingFor: () =>
      lists
        .filter(({ known }) => known.length === 0)
        .flatMap((list) => list.awaited.map((host) => `the address of ${host}`)),
    notes: () => lists.flatMap((list) => list.unknown.map((host) => `no address of ${host}`)),
    async start() {
      for (const list of lists) list.start();
    },
    async stop() {
      for (const list of lists) list.stop();
    },
  };
}

async function answerBy(
  takers: readonly Forwarding[],
  query: Query,
  tell: (upstream: string) => void,
): Promise<Response> {
  for (const [i, forwarding] of takers.entries()) {
    const outcome = await forwarding.answer(query);
    if (outcome === 'rejected') break;
    tell(outcome.upstream);
    if (outcome.kind === 'failed') throw outcome.failure;
    const { response } = outcome;
    if (i === takers.length - 1 || !forwarding.handsOn(response)) return response;
  }
  return emptyResponse(RCODE.REFUSED);
}
