/**
 * DNS over TCP (RFC 7766): queries may be sent without waiting for answers, and answers come in the
 * order in which they are ready. The same over TLS, and over HTTPS (secure-carriage.ts).
 *
 *   accept ─┬─ there is room ─► carriage: TcpConnection, TLS, HTTP
 *           └─ none ─► closed, and counted
 *
 * The port may be spoken at otherwise: one listener follows another there, and whoever comes from
 * then on is its client.
 */
import type { Socket } from 'node:net';
import { afterReading } from './after-reading.ts';
import type { Carriage, StreamScheme } from './carriage.ts';
import type { Endpoint } from './socket-address.ts';
import { plainAddress } from './socket-address.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { TcpConnection } from './tcp-connection.ts';
import {
  type ConnectionLimits,
  HTTP_LIMITS,
  type HttpLimits,
  type TcpAdmission,
  type TcpLimits,
} from './tcp-limits.ts';
import type { Acceptor, TcpPort } from './tcp-port.ts';
import { openTcpPort } from './tcp-port.ts';
import type { Security } from './tls-acceptor.ts';

/** What may change while the listener is open, for connections from then on. */
export interface Serving {
  /** Where they are not those of all. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Undefined: nothing is encrypted. */
  readonly security?: Security | undefined;
  /** Of a listener of HTTPS. */
  readonly http?: Partial<HttpLimits> | undefined;
}

/** How a port is spoken at, and by whom. */
export interface TcpService extends Serving {
  readonly scheme?: StreamScheme;
  readonly answer: TcpAnswer;
  /** Shared by the listeners that are to have one limit together. */
  readonly admission: TcpAdmission;
  /** Told of each response of HTTP. */
  readonly onHttpResponse?: ((status: number) => void) | undefined;
}

export interface TcpOptions extends TcpService {
  readonly endpoint: Endpoint;
  /** Another listener of ours has its port, at addresses that cover this one, or among them. */
  readonly isBesideOwn?: boolean | undefined;
}

export interface TcpListener {
  readonly endpoint: Endpoint;
  /** Connections whose clients might not be let in any more end as when it closes. */
  change(serving: Serving): void;
  /** One that has the same port, and nobody's connections before it serves. */
  followedBy(service: TcpService): Promise<TcpListener>;
  /** Gets the connections of its port from now on: what is opened does so from the start. */
  serve(): void;
  /**
   * Takes no more queries, nor connections, unless another has its port. What came before is
   * answered, as far as that takes less than `answerMs`; connections end then.
   */
  close(answerMs?: number): Promise<void>;
}

/** How long connections that were told have unless said, until they are destroyed, in ms. */
const CLOSE_MS = 200;

/** Opens the listener; port 0 takes a free one. Rejects with ListenError. */
export async function openTcp(options: TcpOptions): Promise<TcpListener> {
  const { endpoint, isBesideOwn, admission, limits } = options;
  const { unreadOctetsMax: highWaterMark } = { ...admission.limits, ...limits };
  const connections = new Connections(options, await carriageOf(options));
  const port = await openTcpPort({ endpoint, isBesideOwn, highWaterMark }, connections);
  return new OpenListener(port, connections);
}

class OpenListener implements TcpListener {
  readonly #port: TcpPort;
  readonly #connections: Connections;

  constructor(port: TcpPort, connections: Connections) {
    this.#port = port;
    this.#connections = connections;
  }

  get endpoint(): Endpoint {
    return this.#port.endpoint;
  }

  change(serving: Serving): void {
    this.#connections.change(serving);
  }

  async followedBy(service: TcpService): Promise<TcpListener> {
    return new OpenListener(this.#port, new Connections(service, await carriageOf(service)));
  }

  serve(): void {
    this.#port.acceptor = this.#connections;
  }

  async close(answerMs = CLOSE_MS): Promise<void> {
    if (this.#port.acceptor === this.#connections) await this.#port.close();
    else await afterReading();
    await this.#connections.end(answerMs);
  }
}

/** Of one listener. */
class Connections implements Acceptor {
  readonly #service: TcpService;
  readonly #carriage: Carriage;
  #serving: Serving;
  /** With how they are told. */
  readonly #open = new Map<Socket, () => void>();
  #whenNone = () => {};

  constructor(service: TcpService, carriage: Carriage) {
    this.#service = service;
    this.#serving = service;
    this.#carriage = carriage;
  }

  accept(socket: Socket): void {
    const { admission, scheme = 'dns' } = this.#service;
    const { security, limits } = this.#serving;
    const http = { ...HTTP_LIMITS, ...this.#serving.http };
    // Who closes its side may still read; a client of HTTP is gone then, as Node's servers have it.
    socket.allowHalfOpen = scheme !== 'https';
    const address = plainAddress(socket.remoteAddress ?? '');
    // HTTP in the clear is that of a proxy: all its clients have one address.
    const counted = scheme === 'https' && security === undefined ? undefined : address;
    const hasRoom = scheme !== 'https' || this.#open.size < http.connectionsMax;
    if (!admission.enter(counted, hasRoom)) {
      socket.destroy();
      return;
    }
    this.#open.set(socket, () => socket.destroy());
    socket.once('close', () => {
      this.#open.delete(socket);
      admission.leave(counted);
      if (this.#open.size === 0) this.#whenNone();
    });
    const client = { address, port: socket.remotePort ?? 0 };
    const bounds = { admission, limits: { ...admission.limits, ...limits } satisfies TcpLimits };
    const onGoodbye = (sayGoodbye: () => void) => this.#open.set(socket, sayGoodbye);
    this.#carriage({ socket, client, bounds, security, http, onGoodbye });
  }

  change(serving: Serving): void {
    const { security } = this.#serving;
    this.#serving = serving;
    if (!admitsSame(security, serving.security)) this.#sayGoodbye();
  }

  async end(withinMs: number): Promise<void> {
    this.#sayGoodbye();
    if (this.#open.size === 0) return;
    const late = setTimeout(() => {
      for (const socket of this.#open.keys()) socket.destroy();
    }, withinMs);
    await new Promise<void>((resolve) => {
      this.#whenNone = resolve;
    });
    clearTimeout(late);
  }

  #sayGoodbye(): void {
    for (const sayGoodbye of this.#open.values()) sayGoodbye();
  }
}

/** Whether each client that the one lets in is let in by the other. */
function admitsSame(one: Security | undefined, other: Security | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.clientAuth === other.clientAuth && one.keys.files.ca === other.keys.files.ca;
}

/** Only who encrypts, or speaks HTTP, loads what that takes: 20 ms and 10 MiB. */
async function carriageOf({
  scheme = 'dns',
  answer,
  admission,
  onHttpResponse = () => {},
}: TcpService): Promise<Carriage> {
  if (scheme === 'dns') {
    return ({ socket, client, bounds, onGoodbye }) => {
      const connection = new TcpConnection(socket, client, bounds, answer);
      onGoodbye(() => connection.leave());
      connection.serve();
    };
  }
  const { tlsCarriage, httpsCarriage } = await import('./secure-carriage.ts');
  if (scheme === 'tls') return tlsCarriage({ answer, admission });
  return httpsCarriage({ answer, admission, onResponse: onHttpResponse });
}
