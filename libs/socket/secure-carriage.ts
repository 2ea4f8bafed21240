/**
 * How messages travel where others must not read them: DNS over TLS, which is DNS over TCP within
 * it, and DNS over HTTPS. Responses are padded for who asks for it.
 */
import type { Socket } from 'node:net';
import { padded } from '../dns/padding.ts';
import type { Carriage, Carried } from './carriage.ts';
import { DOH_PROTOCOLS, DohServer } from './doh-server.ts';
import type { TcpAnswer, TcpResponse } from './tcp-connection.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { TcpAdmission } from './tcp-limits.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

/** As ALPN names DNS over TLS. RFC 7858 is older: clients may leave it out. */
const DOT_PROTOCOLS = ['dot'];

/** Of its preface; no method of HTTP/1.1 begins so. */
const HTTP2_BEGIN = Buffer.from('PRI ');

export interface CarriageOptions {
  readonly answer: TcpAnswer;
  readonly admission: TcpAdmission;
}

export interface HttpsCarriageOptions extends CarriageOptions {
  readonly onResponse: (status: number) => void;
}

export function tlsCarriage({ answer, admission }: CarriageOptions): Carriage {
  const answerPadded = padding(answer);
  return secured(DOT_PROTOCOLS, admission, (socket, _protocol, { client, bounds, onGoodbye }) => {
    const connection = new TcpConnection(socket, client, bounds, answerPadded);
    onGoodbye(() => connection.leave());
    connection.serve();
  });
}

export function httpsCarriage({ answer, admission, onResponse }: HttpsCarriageOptions): Carriage {
  const doh = new DohServer({ answer: padding(answer), onResponse });
  const serve: Serve = (socket, protocol, { client, bounds, http, onGoodbye }) => {
    onGoodbye(doh.serve(socket, protocol === 'h2', { endpoint: client, bounds, http }));
  };
  const overTls = secured(DOH_PROTOCOLS, admission, serve);
  return (carried) => {
    if (carried.security === undefined) inTheClear(carried, serve);
    else overTls(carried);
  };
}

/** For a proxy: what it speaks is told by its first octets (RFC 9113 § 3.3). */
function inTheClear(carried: Carried, serve: Serve): void {
  const { socket, bounds } = carried;
  const { admission, limits } = bounds;
  socket.on('error', () => socket.destroy());
  const silent = setTimeout(() => {
    admission.countTimeout('idle');
    socket.destroy();
  }, limits.idleMs);
  socket.once('close', () => clearTimeout(silent));
  socket.once('readable', () => {
    clearTimeout(silent);
    const octets: unknown = socket.read();
    if (!(octets instanceof Uint8Array)) {
      socket.destroy(); // it ended
      return;
    }
    socket.unshift(octets);
    const isHttp2 = HTTP2_BEGIN.every((octet, i) => octets[i] === octet);
    serve(socket, isHttp2 ? 'h2' : false, carried);
  });
}

/** `protocol`: what ALPN agreed on; false: the client named none. */
type Serve = (socket: Socket, protocol: string | false | null, carried: Carried) => void;

function secured(protocols: readonly string[], admission: TcpAdmission, serve: Serve): Carriage {
  const acceptor = new TlsAcceptor(protocols, () => admission.countHandshake());
  return (carried) => {
    const { socket, security, bounds } = carried;
    socket.on('error', () => socket.destroy());
    if (security === undefined) {
      socket.destroy(); // nothing goes out in the clear
      return;
    }
    acceptor.accept(socket, security, bounds.limits.readMs, (secure) => {
      serve(secure, secure.alpnProtocol, carried);
    });
  };
}

function padding(answer: TcpAnswer): TcpAnswer {
  return (packet, client) => {
    const response = answer(packet, client);
    if (response instanceof Promise) return response.then((late) => paddedOne(packet, late));
    return paddedOne(packet, response);
  };
}

/** A zone has the size it has. */
function paddedOne(packet: Uint8Array, response: TcpResponse): TcpResponse {
  return response instanceof Uint8Array ? padded(packet, response) : response;
}
