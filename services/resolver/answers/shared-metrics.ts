/** What is counted of the store that resolvers share, whoever asks it. */
import type { Metrics } from '../../../libs/telemetry/metrics.ts';
import type { SharedAnswers, SharedOutcome } from './shared-answers.ts';

export function countShared(metrics: Metrics, server: string): (outcome: SharedOutcome) => void {
  const outcomes = metrics.counter({
    name: 'isthmus_cache_shared_total',
    help: 'Reads and writes of the store that resolvers share, by what came of them.',
    labels: ['server', 'outcome'],
  });
  return (outcome) => outcomes.add([server, outcome]);
}

export function followShared(metrics: Metrics, server: string, shared: SharedAnswers): void {
  metrics
    .gauge({
      name: 'isthmus_cache_shared_open',
      help: '1 while the store that resolvers share is left out, since it fails or is slow.',
      labels: ['server'],
    })
    .follow([server], () => Number(shared.isOpen));
}
