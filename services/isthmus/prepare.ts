/**
 * `isthmus prepare CLUSTER`: makes the log of a cluster on NATS, or the mirror of a site's, ahead
 * of those who use it and may not make any.
 */
import { CONTROL } from '../../libs/event/control.ts';
import { isClusterName } from '../../libs/event/subject.ts';
import type { Prepared } from '../../libs/log-jetstream/prepare-log.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { type Flags, UsageError } from './flags.ts';
import { DOMAIN, labelFlag, logFlag, oneLike } from './log-flags.ts';
import { natsOptions } from './open-logs.ts';

const WHAT = 'prepare a log';

/** What happened, as a text. Throws UsageError, LogUnavailable, or an Error that says why. */
export async function prepare(flags: Flags, words: readonly string[]): Promise<string> {
  const [cluster, extra] = words;
  if (cluster === undefined || extra !== undefined || !isLog(cluster)) {
    throw new UsageError(
      `Cannot ${WHAT}${words.length === 0 ? '' : ` "${words.join(' ')}"`}: ` +
        `expected isthmus prepare CLUSTER, a DNS label, or ${CONTROL}`,
    );
  }
  const federation = labelFlag(flags, 'federation', { what: WHAT, otherwise: 'default' });
  const mirrorOf = oneLike(flags, 'mirror-of', DOMAIN, 'a JetStream domain: a word without dots');
  const options = logFlag(flags, WHAT);
  const { prepareLog } = await import('../../libs/log-jetstream/prepare-log.ts');
  const { warning } = createLog((line) => console.error(line));
  const prepared = await prepareLog({
    ...natsOptions(options),
    federation,
    cluster,
    mirrorOf,
    onTrouble: warning,
  });
  return told(cluster, mirrorOf, prepared);
}

function isLog(cluster: string): boolean {
  return cluster === CONTROL || isClusterName(cluster);
}

function told(cluster: string, mirrorOf: string | undefined, prepared: Prepared): string {
  const { what, position, replicas, origin } = prepared;
  const log = mirrorOf === undefined ? 'the log' : `the mirror of the log in domain ${mirrorOf}`;
  const done = {
    made: 'is made',
    anew: 'is made anew, as it was of one that is not there any more',
    changed: 'has another number of copies now',
    there: 'is there',
  }[what];
  const copies = replicas === 1 ? '1 copy' : `${replicas} copies`;
  const end =
    typeof origin === 'number'
      ? `; that one is at ${origin}`
      : origin === undefined
        ? ''
        : `; that one is not known now: ${origin}`;
  return `${cluster}: ${log} ${done}, at position ${position}, with ${copies}${end}`;
}
