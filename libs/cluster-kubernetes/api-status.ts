/** What a reply that is no success means for the one who asked for a resource. */
import { isJson } from '../cluster/field.ts';
import { type ApiReply, bodyText, type Verb } from './api-connection.ts';
import type { Resource } from './resource.ts';

export type Refusal =
  /** The resourceVersion or the continue token is too old (410). */
  | { readonly kind: 'expired' }
  /** The API server does not have the resource. */
  | { readonly kind: 'unserved' }
  | {
      readonly kind: 'refused';
      readonly why: string;
      readonly retryAfterMs: number;
      /** Not for want of rights: it may be another answer in a moment. */
      readonly isPassing?: boolean;
    };

/** A Status is short. */
const STATUS_OCTETS_MAX = 64 * 1024;

export async function refusalOf(verb: Verb, resource: Resource, reply: ApiReply): Promise<Refusal> {
  const text = (await bodyText(reply, STATUS_OCTETS_MAX)) ?? '';
  const { status, retryAfterMs } = reply;
  if (status === 410) return { kind: 'expired' };
  if (status === 404 && isFromApiServer(text)) return { kind: 'unserved' };
  const what = `Cannot ${verb} ${resource.name}`;
  const [is, expected] = REASONS[status] ?? [
    `the API server says ${status}${saying(text)}`,
    'an answer',
  ];
  const isPassing = status === 429 || status >= 500;
  const why = `${what}: ${is}; expected ${expected}`;
  return { kind: 'refused', why, retryAfterMs, isPassing };
}

/** What is wrong in a Status that came as a line of a watch. */
export function statusOf(value: unknown): { readonly code: number; readonly message: string } {
  if (!isJson(value)) return { code: 0, message: 'an ERROR without a Status' };
  const { code, message, reason } = value;
  return {
    code: typeof code === 'number' ? code : 0,
    message: [message, reason].find((one) => typeof one === 'string')?.toString() ?? 'no reason',
  };
}

const REASONS: Readonly<Record<number, readonly [is: string, expected: string]>> = {
  401: ['the API server does not accept our credentials', 'a valid token or certificate'],
  403: ['forbidden', 'the RBAC verbs list and watch'],
  404: ['something between us and the API server says that it is not found', 'the API server'],
};

/** A proxy's 404 page in an outage is no proof that a resource is not there. */
function isFromApiServer(text: string): boolean {
  if (text.trim() === '404 page not found') return true;
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) && value.kind === 'Status';
  } catch {
    return false;
  }
}

function saying(text: string): string {
  let message: unknown = text;
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value)) message = value.message;
  } catch {
    // No JSON: the text itself.
  }
  const said = typeof message === 'string' ? message.replaceAll(/\s+/g, ' ').trim() : '';
  return said === '' ? '' : `, "${said.slice(0, 200)}"`;
}
