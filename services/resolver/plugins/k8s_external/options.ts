/** The k8s_external directive as plain data. Arguments and defaults are CoreDNS's. */
import {
  cannotRead,
  noArguments,
  oneArgument,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Place, Property } from '../../../../libs/corefile/corefile.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import { readFallthrough, readTtl, TTL, zonesByDirection } from '../../stanza/stanza-zones.ts';

export interface K8sExternalOptions extends Place {
  /** At least one. Targets of PTR lie in the first one. */
  readonly zones: readonly string[];
  readonly reverseZones: readonly string[];
  /** The label below each zone under which its name server is: `dns`. */
  readonly apexLabel: string;
  /** Of records and of denials, in seconds. */
  readonly ttl: number;
  /** Also the ready endpoints of headless Services. */
  readonly headless: boolean;
  /** Zones in which the next plugin is asked for what does not exist here. */
  readonly fallthrough: readonly string[];
}

const APEX_LABEL = 'dns';

/** Throws ConfigurationError. `blockZones`: those served when the directive names none. */
export function readK8sExternalOptions(
  directive: Directive,
  blockZones: readonly string[],
): K8sExternalOptions {
  let apexLabel = APEX_LABEL;
  let ttl: number = TTL.default;
  let headless = false;
  let fallthrough: readonly string[] = [];
  readProperties(directive, {
    apex: (property) => {
      apexLabel = readLabel(property);
    },
    ttl: (property) => {
      ttl = readTtl(property);
    },
    headless: (property) => {
      noArguments(property);
      headless = true;
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
  });
  const { forward, reverse } = zonesByDirection(directive, blockZones);
  const { file, line } = directive;
  return {
    file,
    line,
    zones: forward,
    reverseZones: reverse,
    apexLabel,
    ttl,
    headless,
    fallthrough,
  };
}

function readLabel(property: Property): string {
  const token = oneArgument(property, 'a label');
  const label = lowerName(token.text);
  if (/^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/.test(label)) return label;
  throw cannotRead(token, 'apex', 'it is no label', 'letters, digits and -, at most 63');
}
