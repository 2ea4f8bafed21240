/**
 * The subject of an event names the object that it tells of:
 * `isthmus.<federation>.<cluster>.<kind>.<namespace>.<name>`. Names may contain dots: they are the
 * tail. Kinds without a namespace have `_` there, which no namespace can be called.
 */
import type { Event } from './event.ts';
import { OBJECT_KINDS, type ObjectRef } from './object.ts';

export function subjectOf(federation: string, cluster: string, event: Event): string {
  return `isthmus.${federation}.${cluster}.${tailOf(event)}`;
}

function tailOf(event: Event): string {
  switch (event.kind) {
    case 'observed':
    case 'removed': {
      const { kind, namespace, name } = event.kind === 'observed' ? event.object : event.ref;
      return `${kind.toLowerCase()}.${namespace === '' ? '_' : namespace}.${name}`;
    }
    case 'watch-started':
    case 'synced':
    case 'removals-held':
    case 'forgotten':
      return `watcher._.${event.kind}`;
    case 'removals-released':
      return 'watcher._.removals-held';
  }
}

/** Whether a subject is of what a watcher says of itself, and of no object. */
export function isOfWatcher(subject: string): boolean {
  return subject.split('.', 4)[3] === 'watcher';
}

/**
 * Whether a name can be one of a federation or a cluster: a DNS label, since it is a token of a
 * subject, part of a stream's name and a label of cluster-qualified names.
 */
export function isClusterName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

/**
 * Which object a subject names, without having read an event of it; undefined for those of no
 * object.
 */
export function refOfSubject(subject: string): ObjectRef | undefined {
  const [, , , kindToken, namespace, ...name] = subject.split('.');
  const kind = OBJECT_KINDS.find((known) => known.toLowerCase() === kindToken);
  if (kind === undefined || namespace === undefined || name.length === 0) return undefined;
  return { kind, namespace: namespace === '_' ? '' : namespace, name: name.join('.') };
}
