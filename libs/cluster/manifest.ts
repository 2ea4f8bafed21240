/**
 * One manifest file → the objects in it, each with its line. Pure.
 *
 *   text ── YAML or JSON, documents, lists ─┬► defined: facts
 *                                           ├► refused: why, and where
 *                                           └► ignored: kinds that DNS does not need, counted
 *
 * What `kubectl get -o yaml` or `-o json` prints is understood, and what people write by hand:
 * without a namespace it is in `default`, as for kubectl.
 */
import { type Document, isMap, isNode, LineCounter, parseAllDocuments, type YAMLMap } from 'yaml';
import type { ClusterObject, ObjectKind, ObjectRef } from '../event/object.ts';
import { isJson, type Path } from './field.ts';
import { projectAs } from './project.ts';

export interface Manifest {
  readonly defined: readonly Defined[];
  readonly refused: readonly Refused[];
  /** How many objects there were of kinds that DNS does not need. */
  readonly ignored: ReadonlyMap<string, number>;
}

export interface Defined {
  readonly object: ClusterObject;
  readonly line: number;
}

export interface Refused {
  readonly of?: ObjectKind;
  readonly ref?: ObjectRef;
  readonly line: number;
  readonly why: string;
}

export type ManifestReading =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  /** Nothing in the file can be trusted. */
  | { readonly kind: 'broken'; readonly line: number; readonly why: string };

/** Objects of other kinds than `kinds` are ignored, whatever they hold. */
export function readManifest(text: string, kinds: readonly ObjectKind[]): ManifestReading {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return { kind: 'manifest', manifest: NOTHING };
  const found = new Findings(kinds);
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) return broken(lines.linePos(error.pos[0]).line, error.message);
    const lineAt = (path: Path) => lines.linePos(offsetAt(document, path)).line;
    let value: unknown;
    try {
      // Throws for aliases that multiply (its maxAliasCount), or that nothing defines.
      value = document.toJS();
    } catch (error) {
      return broken(lineAt([]), error instanceof Error ? error.message : String(error));
    }
    if (value !== null && value !== undefined) readObject(value, [], lineAt, found);
  }
  return { kind: 'manifest', manifest: found };
}

class Findings implements Manifest {
  readonly defined: Defined[] = [];
  readonly refused: Refused[] = [];
  readonly ignored = new Map<string, number>();
  readonly kinds: readonly ObjectKind[];

  constructor(kinds: readonly ObjectKind[]) {
    this.kinds = kinds;
  }
}

const NOTHING: Manifest = new Findings([]);

/** Per kind its API group and the versions whose form is known. */
const APIS: Readonly<Record<ObjectKind, readonly [group: string, versions: readonly string[]]>> = {
  Namespace: ['', ['v1']],
  Node: ['', ['v1']],
  Pod: ['', ['v1']],
  Service: ['', ['v1']],
  EndpointSlice: ['discovery.k8s.io', ['v1']],
  ServiceExport: ['multicluster.x-k8s.io', ['v1beta1', 'v1alpha1']],
  ServiceImport: ['multicluster.x-k8s.io', ['v1beta1', 'v1alpha1']],
};

function readObject(
  value: unknown,
  at: Path,
  lineAt: (path: Path) => number,
  found: Findings,
): void {
  const line = lineAt(at);
  const { apiVersion, kind, items } = isJson(value) ? value : {};
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
    const why = 'Cannot read the manifest: an object has no apiVersion and kind';
    found.refused.push({ line, why: `${why}; expected both, as kubectl prints them` });
    return;
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    const listed = { apiVersion, kind: kind.slice(0, -'List'.length) };
    for (const [i, item] of items.entries()) {
      // Items of a typed list (ServiceList) leave their kind to the list; those of a plain List do
      // not.
      const whole: unknown = isJson(item) && listed.kind !== '' ? { ...listed, ...item } : item;
      readObject(whole, [...at, 'items', i], lineAt, found);
    }
    return;
  }
  const known = apiOf(apiVersion, kind, found.kinds);
  if (known === undefined) {
    found.ignored.set(kind, (found.ignored.get(kind) ?? 0) + 1);
    return;
  }
  if (known.wrong !== undefined) {
    found.refused.push({ of: known.kind, line: lineAt([...at, 'apiVersion']), why: known.wrong });
    return;
  }
  const projection = projectAs(known.kind, withNamespace(value));
  if (projection.kind === 'object') {
    found.defined.push({ object: projection.object, line });
    return;
  }
  if (projection.kind === 'done') return;
  const { ref, why, path } = projection;
  found.refused.push({ of: known.kind, ...(ref && { ref }), why, line: lineAt([...at, ...path]) });
}

function apiOf(
  apiVersion: string,
  kind: string,
  kinds: readonly ObjectKind[],
): { readonly kind: ObjectKind; readonly wrong?: string } | undefined {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  for (const known of kinds) {
    const [itsGroup, versions] = APIS[known];
    if (known !== kind || itsGroup !== group) continue;
    if (versions.includes(version)) return { kind: known };
    const expected = versions.map((one) => (group === '' ? one : `${group}/${one}`)).join(' or ');
    const is = `Cannot use ${kind} of version "${apiVersion}": its form is unknown`;
    const wrong = `${is}; expected ${expected}`;
    return { kind: known, wrong };
  }
  return undefined;
}

function withNamespace(value: unknown): unknown {
  if (!isJson(value) || !isJson(value.metadata)) return value;
  if (value.metadata.namespace !== undefined) return value;
  return { ...value, metadata: { ...value.metadata, namespace: 'default' } };
}

/** Where in the text the node at the path begins, or the nearest one around it that is there. */
function offsetAt(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const inner = path.slice(0, length);
    const node: unknown = length === 0 ? document.contents : document.getIn(inner, true);
    if (isNode(node) && node.range) return isMap(node) ? firstKeyOffset(node) : node.range[0];
  }
  return 0;
}

/** A map's own range may begin at the comment before it. */
function firstKeyOffset(map: YAMLMap): number {
  const key = map.items[0]?.key;
  return (isNode(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
}

function broken(line: number, message: string): ManifestReading {
  const why = `Cannot read the manifest: ${message.replaceAll(/\s+/g, ' ')}`;
  return { kind: 'broken', line, why: `${why}; expected YAML or JSON, as kubectl prints it` };
}
