/**
 * Writes a line for each query, with what the client got: also the failures that became SERVFAIL.
 */
import type { Message } from '../../../../libs/dns/message.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import { namesWithin } from '../../chain-names.ts';
import type { Plugin } from '../../plugin.ts';
import type { Metadata } from '../../query.ts';
import type { Format } from './format.ts';
import { fieldsOf, formatLine, isFact } from './format.ts';
import { classOf, type ReplyClass } from './reply-class.ts';

export interface LogRule {
  /** Names at or below it. */
  readonly zone: string;
  readonly format: Format;
  readonly classes: ReadonlySet<ReplyClass | 'all'>;
}

export interface LogOptions {
  readonly log: Log;
  /** The first whose zone the name is in decides. */
  readonly rules: readonly LogRule[];
  /** Of the server block. */
  readonly zones: readonly string[];
}

export function createLogPlugin({ log, rules, zones }: LogOptions): Plugin {
  // What came down the chain with a query, which the server does not see, until the reply is made.
  const known = new WeakMap<Message, Metadata>();
  const written = namesWithin(rules.filter(writesAnswers).map(({ zone }) => zone));
  const plugin: Plugin = {
    name: 'log',
    seesEveryQuery: zones.every(written.has),
    // The table answers; only failures that are cached are there.
    seesEveryFailure: rules.some(({ classes }) => classes.has('error')),
    chainNames: written,
    answered(answered) {
      const { query, reply } = answered;
      const rule = rules.find(({ zone }) => isWithin(query.name, zone));
      if (rule === undefined) return;
      if (rule.classes.has('all') || rule.classes.has(classOf(reply))) {
        const line = formatLine(rule.format, answered, known.get(query.message));
        log.info(line, () => fieldsOf(answered));
      }
    },
  };
  if (!rules.some(({ format }) => format.some(isFact))) return plugin;
  return {
    ...plugin,
    handle(query, next) {
      if (query.metadata !== undefined) known.set(query.message, query.metadata);
      return next(query);
    },
  };
}

/** Whether it writes anything else than failures. */
function writesAnswers({ classes }: LogRule): boolean {
  return [...classes].some((each) => each !== 'error');
}
