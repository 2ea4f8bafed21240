/** The store of the directive: there once it is open, and not before. */
import type { AnswerStore, OpenAnswerStore, SharedAnswer } from '../../../../libs/store/store.ts';
import { StoreUnavailable } from '../../../../libs/store/store.ts';

/** No question has it: asking for it opens the connection, so that no client waits for that. */
const NOBODYS_KEY = '';

export class RediscStore implements AnswerStore {
  readonly #opening: () => Promise<OpenAnswerStore>;
  #store: OpenAnswerStore | undefined;

  constructor(opening: () => Promise<OpenAnswerStore>) {
    this.#opening = opening;
  }

  async open(): Promise<void> {
    this.#store = await this.#opening();
    this.#store.get(NOBODYS_KEY).catch(() => {}); // who opened it hears why
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  async get(key: string): Promise<SharedAnswer | undefined> {
    return this.#opened.get(key);
  }

  async set(key: string, message: Uint8Array, ttlSeconds: number): Promise<void> {
    await this.#opened.set(key, message, ttlSeconds);
  }

  async forget(key: string): Promise<void> {
    await this.#opened.forget(key);
  }

  get #opened(): OpenAnswerStore {
    if (this.#store !== undefined) return this.#store;
    throw new StoreUnavailable('Cannot use the store: it is not open; expected its start before');
  }
}
