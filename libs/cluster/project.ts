/**
 * The door: what Kubernetes says of an object, stripped to the fact that DNS needs. Pure; trusts
 * nothing.
 *
 *   raw JSON of an API or a file ── projectAs('Service', raw) ──► object │ done │ refused, and why
 *
 * Keys come in one order, and what has no order of its own is sorted: objects that mean the same
 * serialise the same, so a rewrite of managedFields is no news.
 */
import type { ClusterObject, NamespaceObject, ObjectKind, ObjectRef } from '../event/object.ts';
import { at, type Fault, type Field, objectAt, rootField, textOf, wrong } from './field.ts';
import { isLabel, isSubdomain } from './object-name.ts';
import { projectEndpointSlice } from './project-endpoint-slice.ts';
import { projectServiceExport, projectServiceImport } from './project-multicluster.ts';
import { projectNode } from './project-node.ts';
import { labelsIn } from './project-parts.ts';
import { isDone, projectPod } from './project-pod.ts';
import { projectService } from './project-service.ts';

export type Projection =
  | {
      readonly kind: 'object';
      readonly object: ClusterObject;
      /** '' where the source has none. */
      readonly resourceVersion: string;
    }
  /** The object is there, and is no fact any more: a pod that is done. */
  | { readonly kind: 'done'; readonly ref: ObjectRef }
  /** `ref` is there when at least it can be told which object this is. */
  | {
      readonly kind: 'refused';
      readonly ref?: ObjectRef;
      readonly why: string;
      readonly path: Fault['path'];
    };

/**
 * The fact in `raw`, which is an object of this kind: lists of an API leave the kind of their items
 * out.
 */
export function projectAs(kind: ObjectKind, raw: unknown): Projection {
  const root = rootField(raw);
  const metadata = objectAt(root, 'metadata');
  const ref = readRef(kind, metadata);
  const [unnamed] = root.faults;
  if (unnamed !== undefined) return refused(kind, metadata, unnamed, undefined);
  if (kind === 'Pod' && isDone(root)) return { kind: 'done', ref };
  const object = PROJECTIONS[kind](ref, root, metadata);
  const [first] = root.faults;
  if (first !== undefined) return refused(kind, metadata, first, ref);
  return { kind: 'object', object, resourceVersion: textOf(at(metadata, 'resourceVersion')) };
}

/** Which object `raw` is; undefined when it names none that could be. */
export function refOf(kind: ObjectKind, raw: unknown): ObjectRef | undefined {
  const root = rootField(raw);
  const ref = readRef(kind, objectAt(root, 'metadata'));
  return root.faults.length === 0 ? ref : undefined;
}

const PROJECTIONS: Readonly<
  Record<ObjectKind, (ref: ObjectRef, root: Field, metadata: Field) => ClusterObject>
> = {
  Service: projectService,
  EndpointSlice: projectEndpointSlice,
  Namespace: projectNamespace,
  Node: projectNode,
  Pod: projectPod,
  ServiceExport: projectServiceExport,
  ServiceImport: projectServiceImport,
};

function projectNamespace({ name }: ObjectRef, _root: Field, metadata: Field): NamespaceObject {
  return { kind: 'Namespace', namespace: '', name, ...labelsIn(metadata) };
}

/** Kinds whose objects may have dots in their names. */
const SUBDOMAINS: ReadonlySet<ObjectKind> = new Set(['Node', 'Pod', 'EndpointSlice']);

function readRef(kind: ObjectKind, metadata: Field): ObjectRef {
  const name = at(metadata, 'name');
  const isRight = SUBDOMAINS.has(kind) ? isSubdomain : isLabel;
  if (typeof name.value !== 'string' || !isRight(name.value)) {
    wrong(name, isRight === isLabel ? 'a DNS label (RFC 1123)' : 'a DNS subdomain (RFC 1123)');
  }
  if (kind === 'Node' || kind === 'Namespace') return { kind, namespace: '', name: textOf(name) };
  const namespace = at(metadata, 'namespace');
  if (typeof namespace.value !== 'string' || !isLabel(namespace.value)) {
    wrong(namespace, 'a DNS label (RFC 1123)');
  }
  return { kind, namespace: textOf(namespace), name: textOf(name) };
}

function refused(
  kind: ObjectKind,
  metadata: Field,
  { text, path }: Fault,
  ref: ObjectRef | undefined,
): Projection {
  const said = [at(metadata, 'namespace').value, at(metadata, 'name').value];
  const name = said.filter((part) => part !== undefined).join('/');
  const why = `Cannot use the ${kind} "${name}": ${text}`;
  return ref === undefined ? { kind: 'refused', why, path } : { kind: 'refused', ref, why, path };
}
