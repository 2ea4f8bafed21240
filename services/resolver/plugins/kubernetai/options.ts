/** All kubernetai directives of a server block, in the order in which their clusters are asked. */
import type { Directive } from '../../../../libs/corefile/corefile.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import { type KubernetesOptions, readKubernetesOptions } from '../../stanza/kubernetes-options.ts';

/** Throws ConfigurationError. `blockZones`: those of a directive that names none. */
export function readKubernetaiOptions(
  directives: readonly Directive[],
  blockZones: readonly string[],
): readonly KubernetesOptions[] {
  return each(directives, (directive) => readKubernetesOptions(directive, blockZones));
}
