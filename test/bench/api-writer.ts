/**
 * Writes to the API server over one kept-alive connection, and notes when it acknowledged; watches
 * it as plainly as one can.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { ApiServer } from '../cluster/apiserver.ts';

export interface Written {
  /** When the head of the API's response was read, of performance.now(). */
  readonly acknowledgedAt: number;
  readonly body: string;
}

export class ApiWriter {
  readonly #api: ApiServer;
  readonly #ca: Buffer;
  readonly #agent: Agent;

  constructor(api: ApiServer) {
    this.#api = api;
    this.#ca = readFileSync(api.caFile);
    this.#agent = new Agent({ ca: this.#ca, keepAlive: true, maxSockets: 1 });
  }

  write(method: 'POST' | 'PUT' | 'DELETE', path: string, object?: unknown): Promise<Written> {
    const text = object === undefined ? '' : JSON.stringify(object);
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#api.url}${path}`, {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.#api.token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      });
      asked.once('error', reject);
      asked.once('response', (response) => {
        const acknowledgedAt = performance.now();
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          body += piece;
        });
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve({ acknowledgedAt, body });
          else reject(new Error(`Cannot ${method} "${path}": ${statusCode} ${body}`));
        });
      });
      asked.end(text);
    });
  }

  /** Hears of the collection's changes as they come, a piece of the body at a time. */
  async watch(path: string, hear: (text: string) => void): Promise<() => void> {
    const asked = request(`${this.#api.url}${path}?watch=1`, {
      ca: this.#ca,
      headers: { authorization: `Bearer ${this.#api.token}` },
    });
    const opened = Promise.withResolvers<void>();
    asked.once('error', opened.reject);
    asked.once('response', (response) => {
      response
        .setEncoding('utf8')
        .on('data', hear)
        .on('error', () => {});
      opened.resolve();
    });
    asked.end();
    await opened.promise;
    return () => asked.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }
}
