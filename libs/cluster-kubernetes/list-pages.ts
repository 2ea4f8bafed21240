/**
 * One complete list, page by page: a page is projected before the next is asked for, so a cluster
 * of 50,000 objects neither stalls the loop nor fills the memory.
 */
import { isJson } from '../cluster/field.ts';
import { type ApiConnection, bodyText } from './api-connection.ts';
import { type Refusal, refusalOf } from './api-status.ts';
import { type Resource, selectionOf } from './resource.ts';

export type Page =
  | {
      readonly kind: 'page';
      readonly items: readonly unknown[];
      /** Of the whole list. */
      readonly resourceVersion: string;
      readonly isLast: boolean;
    }
  | Refusal;

/** Objects a page: about 1 MiB, 10 ms to parse. */
const PAGE_OBJECTS = 500;
/** A page of slices of 1,000 endpoints has about 100 MiB. */
const PAGE_OCTETS_MAX = 256 * 1024 * 1024;
/** A busy API server may take seconds for a page, and then sends it in one go. */
const PATIENCE = { headersMs: 30_000, bodyMs: 30_000 };

/**
 * Ends after the last page or the first refusal. Throws ApiUnreachable, and what a cut body throws.
 */
export async function* listPages(
  api: ApiConnection,
  resource: Resource,
  path: string,
  signal: AbortSignal,
  { objects = PAGE_OBJECTS, patience = PATIENCE } = {},
): AsyncGenerator<Page> {
  for (let token = ''; ; ) {
    const query = new URLSearchParams({
      limit: String(objects),
      ...(token === '' ? {} : { continue: token }),
      ...selectionOf(resource),
    });
    const reply = await api.get('list', `${path}?${query}`, patience, signal);
    if (reply.status !== 200) {
      yield await refusalOf('list', resource, reply);
      return;
    }
    const text = await bodyText(reply, PAGE_OCTETS_MAX);
    const page = text === undefined ? undefined : parsePage(text);
    if (page === undefined) {
      const is = text === undefined ? `a page has more than ${PAGE_OCTETS_MAX} octets` : 'garbled';
      const why = `Cannot list ${resource.name}: ${is}; expected a list in JSON`;
      yield { kind: 'refused', why, retryAfterMs: 0 };
      return;
    }
    token = page.token;
    yield { kind: 'page', ...page, isLast: token === '' };
    if (token === '') return;
  }
}

function parsePage(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJson(value) || !isJson(value.metadata)) return undefined;
    const { resourceVersion, continue: token = '' } = value.metadata;
    const items: unknown = value.items ?? [];
    if (typeof resourceVersion !== 'string' || typeof token !== 'string') return undefined;
    return Array.isArray(items) ? { items, resourceVersion, token } : undefined;
  } catch {
    return undefined;
  }
}
