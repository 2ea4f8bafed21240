/**
 * Names that are kept for the next question are as if they were computed for it, whatever happened
 * to the clusters between the two.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { ControlState } from '../../libs/federation/control-state.ts';
import { placeOfClient } from '../../libs/federation/known-places.ts';
import { lookup, type Outcome } from '../../libs/federation/lookup.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { peopledHistories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';
import { arbitraryNames, arbitraryTypes } from './arbitrary-questions.ts';

const asked = fc.array(
  fc.record({
    name: arbitraryNames.map((name) => name.toLowerCase()),
    type: arbitraryTypes,
    client: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', 'fd00::1', '127.0.0.1'),
  }),
  { minLength: 8, maxLength: 8 },
);
const standings = fc.constantFrom('live' as const, 'stale' as const, 'lost' as const);

test('a kept answer is as if it was computed now', () => {
  let answered = 0;
  fc.assert(
    fc.property(
      fc.oneof(configs, federations),
      peopledHistories,
      asked,
      fc.array(standings, { maxLength: 3 }),
      (config, history, questions, changes) => {
        const sink = { setZone: () => {}, put: () => {}, remove: () => {} };
        const view = new FederationView(config, sink, () => {});
        for (const cluster of ['east', 'west']) view.join(cluster);
        const said = ({ name, type, client }: (typeof questions)[number]) => {
          const place = config.clients && placeOfClient(config.clients, view.states, client);
          const isComplete = () => true;
          const from = { config, states: view.states, serial: 0, isComplete, place };
          const computed = lookup({ ...from, hasBelow: () => false }, name, type);
          const kept = view.lookup(name, type, undefined, client);
          assert.deepEqual(recordsOf(kept), recordsOf(computed), `${name} ${type}`);
          if (kept.kind === 'answer') answered++;
        };
        const control = new ControlState();
        for (const [i, [cluster, event]] of history.entries()) {
          const data = encodeEnvelope({ event, observedAt: '2026-11-29T00:00:00Z', prev: 0 });
          const subject = subjectOf('default', cluster, event);
          view.apply(cluster, [{ position: i + 1, subject, data }]);
          const standing = changes[i - 20];
          if (standing !== undefined) {
            control.standings.set('west', standing);
            view.controlled(control);
          }
          for (const question of questions) said(question);
        }
        view.stop();
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(answered > 1000, `${answered} were answered`);
});

/** What is not there is denied by more than the names that are kept; the SOA is not told here. */
function recordsOf(outcome: Outcome): unknown {
  if (outcome.kind === 'alias') return outcome.cname;
  if (outcome.kind !== 'answer') return 'none';
  const { answer, additional, isStale } = outcome;
  return answer.some(({ type }) => type === 'SOA') ? 'SOA' : { answer, additional, isStale };
}
