/**
 * Who may ask for what.
 *
 *   query ─► rules whose zones have the name ─► first policy for its type and client ─► action
 */
import { isIP } from 'node:net';
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { longestZone } from '../../../../libs/dns/name.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { AclMetrics } from './acl-metrics.ts';
import type { Action, Policy, Rule } from './rule.ts';

export function createAcl(rules: readonly Rule[], log: Log, metrics: AclMetrics): Plugin {
  return {
    name: 'acl',
    seesEveryQuery: true,
    async handle(query, next) {
      const { action, zone } = decide(rules, query, log);
      metrics.count(action, zone);
      return action === 'allow' ? next(query) : REFUSALS[action];
    },
  };
}

const explained = (rcode: number, code: number): Response => ({
  ...emptyResponse(rcode),
  options: [{ code: OPTION_EDE, data: Uint8Array.of(0, code) }],
});

const REFUSALS: Readonly<Record<Exclude<Action, 'allow'>, Response>> = {
  block: explained(RCODE.REFUSED, EDE.BLOCKED),
  filter: explained(RCODE.NOERROR, EDE.FILTERED),
  // The code is for plugins that asked for somebody: to them it is a refusal.
  drop: { ...emptyResponse(RCODE.REFUSED), silent: true },
};

interface Decision {
  readonly action: Action;
  /** Of the rule. */
  readonly zone: string;
}

function decide(rules: readonly Rule[], query: Query, log: Log): Decision {
  for (const { zones, policies } of rules) {
    const zone = longestZone(query.name, zones);
    const action = zone === undefined ? undefined : actionOf(policies, query, log);
    if (zone !== undefined && action !== undefined) return { action, zone };
  }
  return { action: 'allow', zone: '' };
}

function actionOf(policies: readonly Policy[], query: Query, log: Log): Action | undefined {
  const address = query.client.address.replace(/%.*$/, ''); // a link-local one names its link
  const version = isIP(address);
  if (version === 0) {
    log.error(`plugin/acl: Cannot read the address "${address}" of a client: it is blocked`);
    return 'block';
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return policies.find(
    ({ types, sources }) =>
      (types?.has(query.question.type) ?? true) && (sources?.check(address, family) ?? true),
  )?.action;
}
