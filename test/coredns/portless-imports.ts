/** ServiceImports without ports, as the world has them. */
import { isJson } from '../../libs/cluster/field.ts';
import { multiclusterZonesOf, type Variant } from './variant.ts';
import type { World } from './world.ts';

/** Name → addresses. */
export type PortlessImports = ReadonlyMap<string, readonly string[]>;

export function portlessImports(world: World, variant: Variant): PortlessImports {
  const imports = new Map<string, readonly string[]>();
  for (const { kind, metadata, spec } of world.values()) {
    if (kind !== 'ServiceImport' || !isJson(spec) || spec.type !== 'ClusterSetIP') continue;
    if (Array.isArray(spec.ports) && spec.ports.length > 0) continue;
    const addresses = Array.isArray(spec.ips) ? spec.ips.map(String) : [];
    for (const zone of multiclusterZonesOf(variant)) {
      imports.set(`${metadata.name}.${metadata.namespace}.svc.${zone}`, addresses);
    }
  }
  return imports;
}
