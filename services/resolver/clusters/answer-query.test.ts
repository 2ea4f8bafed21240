/** What is answered of a cluster that is lost is told to be stale, also behind an alias. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EDE, RCODE } from '../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../../libs/dns/presentation.ts';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { ControlState, evolveControl } from '../../../libs/federation/control-state.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import { queryOf } from '../../../test/plugin/ask-plugin.ts';
import { FederationView } from '../control/federation-view.ts';
import type { Next } from '../query.ts';
import { emptyResponse } from '../response.ts';
import { answerQuery } from './answer-query.ts';

const ZONE = 'cluster.local.';
const CONFIG = federationConfig(
  { home: 'east', homeZone: ZONE, clustersetZone: undefined, reverseZones: [], ttl: 5 },
  [],
);

function service(name: string, more: Partial<ClusterObject & { kind: 'Service' }>): ClusterObject {
  const of = { kind: 'Service', namespace: 'shop', name, headless: false, ports: [] } as const;
  return { ...of, type: 'ClusterIP', clusterIPs: [], ...more };
}

const OBJECTS = [
  service('web', { clusterIPs: ['10.96.0.10'] }),
  service('inside', { type: 'ExternalName', externalName: `web.shop.svc.${ZONE}` }),
  service('outside', { type: 'ExternalName', externalName: 'x.example.' }),
];

/** The answer, and what extended errors come with it. */
async function ask(name: string, isLost: boolean) {
  const sink = { setZone: () => {}, put: () => {}, remove: () => {} };
  const view = new FederationView(CONFIG, sink, () => {});
  view.join('east');
  const entries = OBJECTS.map((object, i) => {
    const event = { kind: 'observed', object } as const;
    const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
    return { position: i + 1, subject: subjectOf('default', 'east', event), data };
  });
  view.apply('east', entries);
  const control = new ControlState();
  const event = { kind: 'cluster-lost', cluster: 'east', silentSeconds: 300 } as const;
  if (isLost) evolveControl(control, event, 1);
  view.controlled(control);
  const next: Next = async (query) => {
    const answer = [parseRecord(`${query.name} 60 IN A 192.0.2.9`)];
    return { ...emptyResponse(RCODE.NOERROR), answer };
  };
  const query = queryOf(`${name}.shop.svc.${ZONE}`, 'A');
  const response = await answerQuery(query, next, (...asked) => view.lookup(...asked));
  view.stop();
  const errors = (response.options ?? []).filter(({ code }) => code === OPTION_EDE);
  const { answer } = response;
  return [...answer.map(formatRecord), ...errors.map(({ data }) => `EDE ${data.at(-1)}`)];
}

for (const name of ['web', 'inside', 'outside']) {
  test(`${name}: the answer of a lost cluster is as before, and told to be stale`, async () => {
    const before = await ask(name, false);
    assert.deepEqual(await ask(name, true), [...before, `EDE ${EDE.STALE_ANSWER}`]);
  });
}
