/**
 * One watch: notifications as their lines arrive, until the server ends it, which it does after
 * `timeoutSeconds`, or it fails.
 */
import { isJson } from '../cluster/field.ts';
import type { ApiConnection } from './api-connection.ts';
import { type Refusal, refusalOf, statusOf } from './api-status.ts';
import { Lines } from './lines.ts';
import { type Resource, selectionOf } from './resource.ts';

export type Notification =
  | { readonly kind: 'changed'; readonly object: unknown; readonly resourceVersion: string }
  | { readonly kind: 'deleted'; readonly object: unknown; readonly resourceVersion: string }
  /** Only the version moves on. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** Something was missed, or may have been: only a list can tell what is so. */
  | { readonly kind: 'garbled'; readonly why: string }
  | Refusal;

export interface WatchFrom {
  readonly path: string;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly inactivityMs: number;
}

/** A watch is answered at once, before there is anything to tell. */
const HEADERS_MS = 10_000;

/** Ends when the server does. Throws ApiUnreachable, and what a cut body throws. */
export async function* watchLines(
  api: ApiConnection,
  resource: Resource,
  from: WatchFrom,
  signal: AbortSignal,
): AsyncGenerator<readonly Notification[]> {
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: from.resourceVersion,
    timeoutSeconds: String(from.timeoutSeconds),
    ...selectionOf(resource),
  });
  const { inactivityMs } = from;
  const patience = { headersMs: Math.min(HEADERS_MS, inactivityMs), bodyMs: inactivityMs };
  const reply = await api.get('watch', `${from.path}?${query}`, patience, signal);
  if (reply.status !== 200) {
    yield [await refusalOf('watch', resource, reply)];
    return;
  }
  const lines = new Lines();
  for await (const chunk of reply.body) {
    if (!(chunk instanceof Uint8Array)) continue;
    const some = lines.add(chunk);
    if (some === undefined) {
      yield [garbled(resource, 'a line is too long')];
      return;
    }
    if (some.length > 0) yield some.map((line) => notificationOf(resource, line));
  }
}

function notificationOf(resource: Resource, line: string): Notification {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return garbled(resource, `a line begins "${line.slice(0, 60)}"`);
  }
  const { type, object } = isJson(value) ? value : {};
  if (type === 'ERROR') {
    const { code, message } = statusOf(object);
    return code === 410 ? { kind: 'expired' } : garbled(resource, `an ERROR, "${message}"`);
  }
  const resourceVersion = versionOf(object);
  if (resourceVersion === '') return garbled(resource, 'an object has no resourceVersion');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object, resourceVersion };
    case 'DELETED':
      return { kind: 'deleted', object, resourceVersion };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion };
    default:
      return garbled(resource, `a line has the type ${JSON.stringify(type)}`);
  }
}

function versionOf(object: unknown): string {
  const metadata = isJson(object) ? object.metadata : undefined;
  const version = isJson(metadata) ? metadata.resourceVersion : undefined;
  return typeof version === 'string' ? version : '';
}

function garbled(resource: Resource, is: string): Notification {
  const why = `Cannot watch ${resource.name}: ${is}; expected notifications, so it is listed anew`;
  return { kind: 'garbled', why };
}
