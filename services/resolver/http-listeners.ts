/**
 * Pages over HTTP: health, readiness, metrics. Plugins name address and path at setup; server
 * blocks that name the same share one listener. Nothing is open before `open`.
 *
 *   pages of other server blocks ─ prepare ─► what is new is open ─► take ─► what is gone closes
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { ListenAddress } from '../../libs/corefile/listen-address.ts';
import { listenAddressText } from '../../libs/corefile/listen-address.ts';
import { type Endpoint, isBeside } from '../../libs/socket/socket-address.ts';
import { listenShared } from '../../libs/socket/tcp-port.ts';
import type { ServerKeys } from '../../libs/tls/server-keys.ts';

// Imported, it would bring all that it only names: fetch and WebSocket, 60 ms and 12 MiB.
const { createServer } = process.getBuiltinModule('node:http');

/** A listener's TLS. */
export interface PageSecurity {
  readonly keys: ServerKeys;
  /** Whether each client must have a certificate. */
  readonly asksClients: boolean;
}

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
  /**
   * The first who names an address and path is asked for it. `security`: the address is asked over
   * TLS, for all of its pages.
   */
  serve(address: ListenAddress, path: string, page: Answer, security?: PageSecurity): void;
}

interface Served {
  readonly address: ListenAddress;
  readonly path: string;
  readonly page: Answer;
  readonly security: PageSecurity | undefined;
}

/** The pages of one address. */
interface Place {
  readonly address: ListenAddress;
  readonly security: PageSecurity | undefined;
  readonly pages: Map<string, Answer>;
}

/** The pages of one server block. */
export class PageList implements HttpPages {
  readonly all: Served[] = [];

  serve(address: ListenAddress, path: string, page: Answer, security?: PageSecurity): void {
    this.all.push({ address, path, page, security });
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
  readonly endpoint: Endpoint;
  readonly server: Server | SecureServer;
  /** What its TLS is; empty without. */
  readonly security: string;
  pages: Pages;
}

export class HttpListeners implements HttpPages {
  readonly #own = new PageList();
  readonly #open = new Map<string, Open>();

  serve(address: ListenAddress, path: string, page: Answer, security?: PageSecurity): void {
    this.#own.serve(address, path, page, security);
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
      for (const [text, place] of wanted) {
        const open = this.#open.get(text);
        const own = [...this.#open.values(), ...fresh.values()].map(({ endpoint }) => endpoint);
        if (open === undefined) fresh.set(text, await listen(place, text, own));
        else if (open.security !== securityText(place.security)) throw cannotChange(text);
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

function byAddress(lists: readonly PageList[]): ReadonlyMap<string, Place> {
  const served = lists.flatMap(({ all }) => all);
  const places = Map.groupBy(served, ({ address }) => listenAddressText(address));
  return new Map(
    [...places].flatMap(([text, all]) => {
      const [first] = all;
      if (first === undefined) return [];
      const pages = new Map<string, Answer>();
      for (const { path, page } of all) if (!pages.has(path)) pages.set(path, page);
      const security = all.find((each) => each.security !== undefined)?.security;
      return [[text, { address: first.address, security, pages }]];
    }),
  );
}

/** `own`: what else is listened on, or was until now; they may share the port. */
async function listen(
  { address: { host, port }, security, pages }: Place,
  text: string,
  own: readonly Endpoint[],
): Promise<Open> {
  const answerAll = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, open.pages).catch(() => response.destroy());
  };
  const server = security === undefined ? createServer(answerAll) : secure(security, answerAll);
  const endpoint = { address: host, port };
  const open: Open = { endpoint, server, pages, security: securityText(security) };
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  try {
    const isBesideOwn = own.some((other) => isBeside(other, endpoint));
    await listenShared(server, endpoint, isBesideOwn);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    const paths = [...pages.keys()].join(', ');
    throw new Error(`Cannot listen on "${text}" for ${paths}: ${is}; expected a free address`);
  }
  // No descriptors left, say: one request less, which is made again.
  server.on('error', () => {});
  return open;
}

/** Certificates are renewed under it: each connection looks whether they were. */
function secure(
  { keys, asksClients }: PageSecurity,
  answerAll: Parameters<typeof createServer>[1],
) {
  let texts = keys.now;
  const options = {
    minVersion: 'TLSv1.2',
    handshakeTimeout: REQUEST_TIMEOUT_MS,
    requestCert: asksClients,
    rejectUnauthorized: asksClients,
  } as const;
  const server = process
    .getBuiltinModule('node:https')
    .createServer({ ...options, ...texts }, answerAll);
  server.on('connection', () => {
    void keys.look().then(() => {
      if (keys.now === texts) return;
      texts = keys.now;
      server.setSecureContext({ ...options, ...texts });
    });
  });
  return server;
}

function securityText(security: PageSecurity | undefined): string {
  return security === undefined ? '' : JSON.stringify([security.keys.files, security.asksClients]);
}

function cannotChange(text: string): Error {
  return new Error(
    `Cannot listen on "${text}": it is open with other TLS; expected another address, or a restart`,
  );
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

function stop(server: Open['server']): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
