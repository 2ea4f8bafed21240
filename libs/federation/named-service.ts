/** Which Services have names in a layer: those that are shown, without `ignore empty_service`'s. */
import type { ServiceObject } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import { shownService } from './exposure.ts';
import type { ServiceOptions } from './layer.ts';

export function namedService(
  layer: ServiceOptions,
  state: ClusterState,
  key: string,
): ServiceObject | undefined {
  const service = shownService(layer, state, key);
  if (service === undefined) return undefined;
  const isVirtual = !service.headless && service.type !== 'ExternalName';
  if (!layer.ignoreEmptyService || !isVirtual) return service;
  const { namespace, name } = service;
  return readyAddresses(state, namespace, name, layer).length > 0 ? service : undefined;
}
