/**
 * Pages over HTTP: health, readiness, metrics. Plugins name address and path at setup; server
 * blocks that name the same share one listener. Nothing is open before `open`.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from '../../libs/corefile/listen-address.ts';
import { listenAddressText } from '../../libs/corefile/listen-address.ts';

// Imported, it would bring all that it only names: fetch and WebSocket, 60 ms and 12 MiB.
const { createServer } = process.getBuiltinModule('node:http');

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Connections of one listener: kubelet, load balancers and a few Prometheus servers need less. */
const CONNECTIONS_MAX = 100;
/** A request has no body; its head comes at once, or it is not wanted. */
const REQUEST_TIMEOUT_MS = 5000;

/** A page of plain text. */
export function plainText(status: number, text: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', text };
}

/** `query`: what stands behind the `?`, '' without it. */
type Answer = (query: string) => Promise<Page>;
type Pages = Map<string, Answer>;

export class HttpListeners {
  readonly #pages = new Map<string, { readonly address: ListenAddress; readonly pages: Pages }>();
  readonly #servers = new Map<string, Server>();

  /** Serves a page from `open` on. The first who names an address and path is asked for it. */
  serve(address: ListenAddress, path: string, page: Answer): void {
    const text = listenAddressText(address);
    const listener = this.#pages.get(text) ?? { address, pages: new Map() };
    this.#pages.set(text, listener);
    if (!listener.pages.has(path)) listener.pages.set(path, page);
  }

  /** Opens all listeners, or none. Throws when an address can't be had. */
  async open(): Promise<void> {
    try {
      for (const [text, { address, pages }] of this.#pages) {
        this.#servers.set(text, await listen(address, pages));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The port that the listener of this address has got; undefined when it is not open. */
  portOf(address: ListenAddress): number | undefined {
    const bound = this.#servers.get(listenAddressText(address))?.address();
    return bound === null || typeof bound === 'string' ? undefined : bound?.port;
  }

  async close(): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(servers.map(stop));
  }
}

function listen(address: ListenAddress, pages: Pages): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, pages).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  const text = listenAddressText(address);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const paths = [...pages.keys()].join(', ');
      reject(
        new Error(
          `Cannot listen on "${text}" for ${paths}: ${error.message}; expected a free address`,
        ),
      );
    });
    const { host, port } = address;
    server.listen(host === '' ? { port } : { host, port }, () => resolve(server));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const page = pages.get(path);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const { status, contentType, text } = !isRead
    ? plainText(405, 'Method Not Allowed\n')
    : page === undefined
      ? plainText(404, 'Not Found\n')
      : await page(query);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
