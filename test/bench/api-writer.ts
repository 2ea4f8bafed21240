/** Writes to the API server over one kept-alive connection, and notes when it acknowledged. */
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
  readonly #agent: Agent;

  constructor(api: ApiServer) {
    this.#api = api;
    this.#agent = new Agent({ ca: readFileSync(api.caFile), keepAlive: true, maxSockets: 1 });
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

  close(): void {
    this.#agent.destroy();
  }
}
