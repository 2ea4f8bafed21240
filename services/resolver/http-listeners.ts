/**
 * Pages over HTTP: health, readiness, metrics. Plugins name address and path at setup; server
 * blocks that name the same share one listener. Nothing is open before `open`.
 *
 *   pages of other server blocks ─ prepare ─► what is new is open ─► take ─► what is gone closes
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
type Pages = ReadonlyMap<string, Answer>;

/** What plugins see of it. */
export interface HttpPages {
  /** The first who names an address and path is asked for it. */
  serve(address: ListenAddress, path: string, page: Answer): void;
}

/** The pages of one server block. */
export class PageList implements HttpPages {
  readonly all: {
    readonly address: ListenAddress;
    readonly path: string;
    readonly page: Answer;
  }[] = [];

  serve(address: ListenAddress, path: string, page: Answer): void {
    this.all.push({ address, path, page });
  }
}

/** One at a time. */
export interface HttpChange {
  /** From now on the new pages are given. */
  take(): void;
  /** Closes what was opened for it. */
  giveUp(): Promise<void>;
}

interface Open {
  readonly server: Server;
  pages: Pages;
}

export class HttpListeners implements HttpPages {
  readonly #own = new PageList();
  readonly #open = new Map<string, Open>();

  serve(address: ListenAddress, path: string, page: Answer): void {
    this.#own.serve(address, path, page);
  }

  /** Opens the listeners of what is served here, or none. Throws when an address can't be had. */
  async open(): Promise<void> {
    (await this.prepare([this.#own])).take();
  }

  /** Opens what these need more, or nothing. Throws when an address can't be had. */
  async prepare(lists: readonly PageList[]): Promise<HttpChange> {
    const wanted = byAddress(lists);
    const fresh = new Map<string, Open>();
    const giveUp = async () => {
      await Promise.all([...fresh.values()].map(({ server }) => stop(server)));
    };
    try {
      for (const [text, { address, pages }] of wanted) {
        if (!this.#open.has(text)) fresh.set(text, await listen(address, pages));
      }
    } catch (error) {
      await giveUp();
      throw error;
    }
    return { giveUp, take: () => this.#take(wanted, fresh) };
  }

  /** The port that the listener of this address has got; undefined when it is not open. */
  portOf(address: ListenAddress): number | undefined {
    const bound = this.#open.get(listenAddressText(address))?.server.address();
    return bound === null || typeof bound === 'string' ? undefined : bound?.port;
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ server }) => stop(server)));
  }

  #take(wanted: ReturnType<typeof byAddress>, fresh: ReadonlyMap<string, Open>): void {
    for (const [text, open] of fresh) this.#open.set(text, open);
    for (const [text, open] of this.#open) {
      const pages = wanted.get(text)?.pages;
      if (pages !== undefined) {
        open.pages = pages;
        continue;
      }
      this.#open.delete(text);
      void stop(open.server);
    }
  }
}

function byAddress(lists: readonly PageList[]) {
  const addresses = new Map<string, { address: ListenAddress; pages: Map<string, Answer> }>();
  for (const { address, path, page } of lists.flatMap(({ all }) => all)) {
    const text = listenAddressText(address);
    const known = addresses.get(text) ?? { address, pages: new Map<string, Answer>() };
    addresses.set(text, known);
    if (!known.pages.has(path)) known.pages.set(path, page);
  }
  return addresses;
}

function listen(address: ListenAddress, pages: Pages): Promise<Open> {
  const server = createServer((request, response) => {
    answer(request, response, open.pages).catch(() => response.destroy());
  });
  const open: Open = { server, pages };
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
    server.listen(host === '' ? { port } : { host, port }, () => resolve(open));
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
