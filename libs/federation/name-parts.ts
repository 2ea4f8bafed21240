/**
 * What a name below a zone of Services says by its labels, whether or not it exists (Kubernetes DNS
 * specification 1.1.0; MCS DNS specification 1.0.0). Read from the right:
 *
 *   [ENDPOINT.|_PORT._PROTOCOL.]SERVICE.NAMESPACE.svc.ZONE
 *   ENDPOINT.CLUSTER.SERVICE.NAMESPACE.svc.ZONE              of a clusterset
 *   TOPOLOGY-ZONE.pin|prefer._zone.SERVICE.NAMESPACE.svc.ZONE   with `zonal`
 *   ADDRESS-WITH-DASHES.NAMESPACE.pod.ZONE
 *
 * Underscores may be left out, and one or two labels before a pod's address are read and mean
 * nothing, as in CoreDNS. No label is a wildcard.
 */
import { isWithin, labelsOf } from '../dns/name.ts';

/** A part that the name does not have is ''. */
export interface NameParts {
  /** Not of the apex, nor of `svc` and `pod` alone. */
  readonly kind: 'svc' | 'pod' | '';
  readonly namespace: string;
  /** Of a pod, its address with dashes. */
  readonly service: string;
  readonly endpoint: string;
  /** Only in a clusterset. */
  readonly cluster: string;
  readonly port: string;
  readonly protocol: string;
  /** Labels with the dots between them. */
  readonly topologyZone: string;
  /** Whether other endpoints will do where the topology zone has none. */
  readonly topologyMode: 'pin' | 'prefer' | '';
}

export interface NameGrammar {
  /** The zone is that of a clusterset. */
  readonly multicluster?: boolean;
  /** Names of topology zones are read; never in a clusterset. */
  readonly zonal?: boolean;
}

const NO_PARTS: NameParts = {
  kind: '',
  namespace: '',
  service: '',
  endpoint: '',
  cluster: '',
  port: '',
  protocol: '',
  topologyZone: '',
  topologyMode: '',
};

/**
 * The parts of a name; undefined when it is outside of the zone, or the grammar has no such name.
 * Both lower-case and absolute.
 */
export function namePartsOf(
  name: string,
  zone: string,
  { multicluster = false, zonal = false }: NameGrammar = {},
): NameParts | undefined {
  if (!isWithin(name, zone)) return undefined;
  const all = labelsOf(name);
  const labels = all.slice(0, all.length - labelsOf(zone).length);
  const kind = labels.at(-1);
  if (kind === undefined) return NO_PARTS;
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (labels.length === 1) return NO_PARTS;
  const [service = '', namespace = ''] = [labels.at(-3), labels.at(-2)];
  const before = partsBefore(labels.slice(0, -3), multicluster, zonal && kind === 'svc');
  return before && { ...NO_PARTS, kind, namespace, service, ...before };
}

/** What the labels before the service say. */
function partsBefore(
  labels: readonly string[],
  multicluster: boolean,
  zonal: boolean,
): Partial<NameParts> | undefined {
  const [first = '', second = ''] = labels;
  switch (labels.length) {
    case 0:
      return {};
    case 1:
      return { endpoint: first };
    case 2:
      if (multicluster && !first.startsWith('_') && !second.startsWith('_')) {
        return { endpoint: first, cluster: second };
      }
      return portParts(first, second);
    default:
      return zonal && !multicluster ? topologyParts(labels) : undefined;
  }
}

/** An underscore alone names no port: without it, nothing is left. */
function portParts(first: string, second: string): Partial<NameParts> | undefined {
  const [port, protocol] = [first.replace(/^_/, ''), second.replace(/^_/, '')];
  return port === '' || protocol === '' ? undefined : { port, protocol };
}

function topologyParts(labels: readonly string[]): Partial<NameParts> | undefined {
  const [mode, marker] = labels.slice(-2);
  if (marker !== '_zone' || (mode !== 'pin' && mode !== 'prefer')) return undefined;
  return { topologyMode: mode, topologyZone: labels.slice(0, -2).join('.') };
}
