/**
 * Finds out whether forwarded queries come back: asks the rest of the chain for a name that only we
 * know, and ends the process when somebody asks for it.
 *
 *   listeners open ─► HINFO <random>.<random>.ZONE ─► rest of the chain ─┬─ an answer: all is well
 *                                                                       └─ it arrives here: fail
 */
import type { Place } from '../../../../libs/corefile/corefile.ts';
import { CLASS_IN, RCODE } from '../../../../libs/dns/iana.ts';
import { queryMessage } from '../../../../libs/dns/message.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import type { Next, Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';

export interface LoopDependencies {
  readonly fail: (error: Error) => void;
  readonly log: Log;
  /** A label that nobody guesses. */
  readonly random: () => string;
  /** Ends at once when the signal aborts. Never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A network that comes up with the machine is there after this many tries. CoreDNS's. */
const TRIES_MAX = 30;
const RETRY_MS = 1000;
/** Many resolvers refuse ANY; nobody refuses HINFO, and nobody asks for it. */
const TYPE = 'HINFO';

export function createLoop(
  zone: string,
  place: Place,
  { fail, log, random, wait }: LoopDependencies,
): Plugin {
  const stopping = new AbortController();
  let ask: Next | undefined;
  /** Undefined: nothing is under way, and the name of before may be known to others. */
  let name: string | undefined;

  async function check(rest: Next): Promise<void> {
    name = `${random()}.${random()}.${zone === '.' ? '' : zone}`;
    const query = queryFor(name);
    let why: unknown;
    for (let tries = 0; tries < TRIES_MAX && !stopping.signal.aborted; tries++) {
      try {
        await rest(query);
        name = undefined;
        return;
      } catch (error) {
        why = error;
        await wait(RETRY_MS, stopping.signal);
      }
    }
    name = undefined;
    if (stopping.signal.aborted) return;
    log.warning(`plugin/loop: nobody answered for "${zone}", which may be a loop: ${String(why)}`);
  }

  async function cameBack({ client }: Query): Promise<Response> {
    stopping.abort();
    const where = `the zone "${zone}" (${place.file}:${place.line})`;
    const is = `what is forwarded comes back, from ${client.address} port ${client.port}`;
    fail(new Error(`Cannot forward for ${where}: ${is}; expected upstreams that do not ask here`));
    return emptyResponse(RCODE.REFUSED);
  }

  return {
    name: 'loop',
    below: (below) => {
      ask = below.ask;
    },
    opened() {
      if (ask !== undefined) void check(ask);
    },
    handle: (query, next) =>
      query.name === name && query.question.type === TYPE ? cameBack(query) : next(query),
    async stop() {
      stopping.abort();
    },
  };
}

/** As a stub resolver of this machine would ask. */
function queryFor(name: string): Query {
  const question = { name, type: TYPE, class: CLASS_IN };
  return {
    message: queryMessage(name, TYPE),
    question,
    name,
    client: { address: '127.0.0.1', port: 0, transport: 'udp' },
  };
}
