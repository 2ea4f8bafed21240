/**
 * What a server forbids this user, told to people once each. It is not waited out in silence, and
 * it heals: a server that is given other permissions takes its connections down.
 */
import { PermissionViolationError } from 'nats';

const API = '$JS.API.';
/** Told of one connection; more of them say nothing new. */
const TOLD_MAX = 100;

/** What the server forbids, if this came of that: the client wraps it. */
export function denialOf(error: unknown): PermissionViolationError | undefined {
  if (error instanceof PermissionViolationError) return error;
  return error instanceof Error ? denialOf(error.cause) : undefined;
}

export class Denials {
  readonly #inboxPrefix: string;
  readonly #onTrouble: (text: string) => void;
  readonly #told = new Set<string>();

  constructor(inboxPrefix: string, onTrouble: (text: string) => void) {
    this.#inboxPrefix = inboxPrefix;
    this.#onTrouble = onTrouble;
  }

  tell(error: PermissionViolationError): void {
    const text = this.sentence(error);
    if (this.#told.has(text) || this.#told.size >= TOLD_MAX) return;
    this.#told.add(text);
    this.#onTrouble(text);
  }

  /** The server is another one, or has other permissions. */
  forget(): void {
    this.#told.clear();
  }

  sentence({ operation, subject }: PermissionViolationError): string {
    const what = operation === 'publish' ? 'publish' : 'subscribe';
    return (
      `Cannot ${what} to "${this.#wanted(subject)}": the NATS server forbids it to this user; ` +
      'expected one with the permissions in deploy/nats/README.md'
    );
  }

  /** As permissions are written: without what is random, or one of many. */
  #wanted(subject: string): string {
    if (subject.startsWith(this.#inboxPrefix)) return `${this.#inboxPrefix}.>`;
    if (/^isthmus\..*\..*\./.test(subject)) return `${subject.split('.').slice(0, 3).join('.')}.>`;
    // $JS.API.CONSUMER.CREATE.<stream>.<consumer>…: what stands behind the stream is ours to name.
    const tokens = subject.startsWith(API) ? subject.slice(API.length).split('.') : [];
    const stream = tokens.findIndex((token) => token.startsWith('isthmus-'));
    if (stream < 0 || stream === tokens.length - 1) return subject;
    return `${API}${tokens.slice(0, stream + 1).join('.')}.>`;
  }
}
