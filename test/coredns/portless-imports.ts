/**
 * ServiceImports without ports: CoreDNS makes a Service's names of its ports, and has none of these.
 * What they should be, the world itself says.
 */
import { isJson } from '../../libs/cluster/field.ts';
import { parseAddress } from '../../libs/dns/address.ts';
import { OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { parentName } from '../../libs/dns/name.ts';
import { type Given, noData } from './rule.ts';
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

/** Undefined where the name is none of theirs, or is hidden. */
export async function withPortlessImport(given: Given): Promise<Message | undefined> {
  const { portless, name, question, evidence, variant } = given;
  const addresses = portless.get(name);
  if (addresses === undefined || question.opcode !== OPCODE.QUERY) return undefined;
  if (['AXFR', 'IXFR'].includes(question.type)) return undefined;
  const namespace = await evidence.ask(parentName(name) ?? '.', 'A');
  if (namespace?.rcode !== RCODE.NOERROR) return undefined;
  // It is empty where nothing is below it.
  const isIgnored = variant.options.includes('ignore empty_service') && !evidence.hasBelow(name);
  if (isIgnored) return undefined;
  const answer = addresses
    .filter((address) => parseAddress(address)?.type === question.type)
    .map((rdata) => ({ name: question.name, type: question.type, ttl: variant.ttl, rdata }));
  const none = await noData(given);
  return answer.length === 0 ? none : { ...none, answer, authority: [] };
}
