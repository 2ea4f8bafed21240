/**
 * TLS for connections that were accepted already:
 *
 *   socket ─ handshake ─┬─ done, and the client may come in ─► onSecure
 *                       └─ it is no TLS, takes too long, or has no right certificate ─► closed
 */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import type { ServerKeys } from '../tls/server-keys.ts';

/** Whether clients have certificates, and which: as Go names it, hence CoreDNS. */
export type ClientAuth =
  | 'nocert'
  | 'request'
  | 'require'
  | 'verify_if_given'
  | 'require_and_verify';

export interface Security {
  readonly keys: ServerKeys;
  readonly clientAuth: ClientAuth;
}

type OnSecure = (socket: TLSSocket) => void;

/** What a server of node:tls is made for. */
interface Handshakes extends Security {
  readonly texts: ServerKeys['now'];
  readonly handshakeMs: number;
}

/** RFC 7858 § 3.2 asks for what is not broken. */
const VERSION_MIN = 'TLSv1.2';

export class TlsAcceptor {
  readonly #protocols: string[];
  readonly #onFailed: () => void;
  /** Connections within their handshakes, by the addresses of both ends. */
  readonly #waiting = new Map<string, OnSecure>();
  #server: { readonly of: Handshakes; readonly server: Server } | undefined;

  /** `protocols`: of ALPN; a client that names others only gets no connection (RFC 7301 § 3.2). */
  constructor(protocols: readonly string[], onFailed: () => void) {
    this.#protocols = [...protocols];
    this.#onFailed = onFailed;
  }

  accept(socket: Socket, security: Security, handshakeMs: number, onSecure: OnSecure): void {
    const ends = endsOf(socket);
    this.#waiting.set(ends, onSecure);
    socket.once('close', () => {
      if (this.#waiting.get(ends) === onSecure) this.#waiting.delete(ends);
    });
    this.#serverFor({ ...security, texts: security.keys.now, handshakeMs }).emit(
      'connection',
      socket,
    );
  }

  /** One is made for each change of what counts; handshakes that have begun end with theirs. */
  #serverFor(wanted: Handshakes): Server {
    const { of, server } = this.#server ?? {};
    const isSame =
      of?.texts === wanted.texts &&
      of.clientAuth === wanted.clientAuth &&
      of.handshakeMs === wanted.handshakeMs;
    if (isSame && server !== undefined) return server;
    const fresh = this.#serverOf(wanted);
    this.#server = { of: wanted, server: fresh };
    return fresh;
  }

  #serverOf({ texts, clientAuth, handshakeMs }: Handshakes): Server {
    const server = createServer({
      ...texts,
      minVersion: VERSION_MIN,
      ALPNProtocols: this.#protocols,
      handshakeTimeout: handshakeMs,
      requestCert: clientAuth !== 'nocert',
      rejectUnauthorized: clientAuth === 'require_and_verify',
    });
    server.on('secureConnection', (socket) => {
      const ends = endsOf(socket);
      const onSecure = this.#waiting.get(ends);
      this.#waiting.delete(ends);
      if (onSecure !== undefined && mayEnter(socket, clientAuth)) return onSecure(socket);
      this.#fail(socket);
    });
    server.on('tlsClientError', (_error, socket) => this.#fail(socket));
    return server;
  }

  #fail(socket: TLSSocket): void {
    this.#onFailed();
    socket.destroy();
  }
}

/** After the handshake, which has seen to the other policies. */
function mayEnter(socket: TLSSocket, clientAuth: ClientAuth): boolean {
  if (clientAuth !== 'require' && clientAuth !== 'verify_if_given') return true;
  const hasCertificate = socket.getPeerX509Certificate() !== undefined;
  return clientAuth === 'require' ? hasCertificate : !hasCertificate || socket.authorized;
}

/** No two connections have the same. */
function endsOf(socket: Socket): string {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return [localAddress, localPort, remoteAddress, remotePort].join(' ');
}
