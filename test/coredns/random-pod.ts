/** A random pod: of one family or both, of the host's network, at the address of another, done. */
import type { ObjectRef } from '../../libs/event/object.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import type { Random } from './random.ts';
import { randomLabels } from './random-labels.ts';
import { podFields } from './sentinel.ts';

/** So few that pods share them, also with endpoints; of the host's network last. */
const IPV4 = ['10.244.0.1', '10.244.0.2', '10.244.1.1', '10.244.7.7', '192.0.2.7'] as const;
const IPV6 = ['fd00:10:244::1', 'fd00:10:244::a:0', '2001:db8::', 'fd00::1:0:0:7'] as const;
const NODES: readonly [string[], string[]] = [['192.168.7.1'], ['192.168.7.2', 'fd00:192::2']];

/** `ends`: it may be one that is ending. */
export function randomPod(
  random: Random,
  { namespace, name }: ObjectRef,
  ends: boolean,
): RawObject {
  const hostNetwork = random.percent(20);
  const addresses = hostNetwork ? random.pick(NODES) : randomAddresses(random);
  const phase = random.percent(85)
    ? 'Running'
    : random.pick(['Pending', 'Succeeded', 'Failed', 'Unknown']);
  // One that is done would go at once.
  const annotations = ends && phase === 'Running' && random.percent(20) ? { ends: 'soon' } : {};
  const fields = podFields(addresses, phase, hostNetwork);
  return rawObject('Pod', namespace, name, fields, { labels: randomLabels(random), annotations });
}

function randomAddresses(random: Random): readonly string[] {
  const [ipv4, ipv6] = [random.pick(IPV4), random.pick(IPV6)];
  return random.pick([[ipv4], [ipv4], [ipv6], [ipv4, ipv6], [ipv6, ipv4], []]);
}
