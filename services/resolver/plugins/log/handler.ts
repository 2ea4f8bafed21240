/**
 * Writes a line for each query, with what the client got: also the failures that became SERVFAIL.
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import type { Placeholder } from './format.ts';
import { formatLine } from './format.ts';

export type LogClass = 'success' | 'denial' | 'error' | 'all';

export interface LogRule {
  /** Names at or below it. */
  readonly zone: string;
  readonly format: readonly (string | Placeholder)[];
  readonly classes: ReadonlySet<LogClass>;
}

export interface LogOptions {
  readonly log: Log;
  /** The first whose zone the name is in decides. */
  readonly rules: readonly LogRule[];
}

export function createLogPlugin({ log, rules }: LogOptions): Plugin {
  return {
    name: 'log',
    seesEveryQuery: true,
    answered(answered) {
      const rule = rules.find(({ zone }) => isWithin(answered.query.name, zone));
      if (rule === undefined) return;
      if (rule.classes.has('all') || rule.classes.has(classOf(answered.reply))) {
        log.info(formatLine(rule.format, answered));
      }
    },
  };
}

/** NODATA is a denial: NOERROR with the zone's SOA and no answer (RFC 2308 § 2.2). */
function classOf({ rcode, answer, authority }: Message): LogClass {
  if (rcode === RCODE.NXDOMAIN) return 'denial';
  if (rcode !== RCODE.NOERROR) return 'error';
  const denied = answer.length === 0 && authority.some(({ type }) => type === 'SOA');
  return denied ? 'denial' : 'success';
}
