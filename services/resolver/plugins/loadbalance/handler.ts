/**
 * Puts the addresses of each reply in another order, so that clients that take the first spread
 * over all, or over some more than over others.
 */
import type { BlockList } from 'node:net';
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Plugin } from '../../plugin.ts';
import type { Response } from '../../response.ts';
import { arranged, preferred, type Random, type Records, shuffled, weighted } from './order.ts';
import type { WeightsFile } from './weights-file.ts';

export interface LoadbalanceOptions {
  /** Absent: all addresses are alike. */
  readonly weights?: WeightsFile | undefined;
  /** Addresses of these come first, in this order. */
  readonly prefers?: readonly BlockList[];
  readonly random: Random;
}

type Order = (records: Records) => Records;

const WHOLE_ZONES = new Set(['AXFR', 'IXFR']);
/** What addresses are the answer to, or come along with. */
const WEIGHTED = new Set(['A', 'AAAA', 'SRV']);

export function createLoadbalance(options: LoadbalanceOptions): Plugin {
  const { weights, prefers = [] } = options;
  const plugin: Plugin = {
    name: 'loadbalance',
    async handle(query, next) {
      const response = await next(query);
      const { type } = query.question;
      return response.rcode !== RCODE.NOERROR || WHOLE_ZONES.has(type)
        ? response
        : ordered(response, type, options);
    },
  };
  // The table turns addresses, and knows no other order.
  if (weights === undefined && prefers.length === 0) return plugin;
  return {
    ...plugin,
    seesEveryQuery: true,
    start: async () => weights?.start(),
    stop: async () => weights?.stop(),
  };
}

function ordered(response: Response, type: string, options: LoadbalanceOptions): Response {
  const { weights, prefers = [], random } = options;
  const { answer, authority, additional } = response;
  const turn: Order = (records) => shuffled(records, random);
  const keep: Order = (records) => records;
  const prefer: Order = (records) => preferred(records, prefers);
  if (weights === undefined) {
    const section: Order = (records) => arranged(records, (each) => prefer(turn(each)), turn);
    return {
      ...response,
      answer: section(answer),
      authority: arranged(authority, turn, turn),
      additional: section(additional),
    };
  }
  const isWeighted = WEIGHTED.has(type);
  if (!isWeighted && prefers.length === 0) return response;
  const choose: Order = (records) =>
    isWeighted ? weighted(records, weights.weights, random) : records;
  const section: Order = (records) => arranged(records, (each) => prefer(choose(each)), keep);
  return { ...response, answer: section(answer), additional: section(additional) };
}
