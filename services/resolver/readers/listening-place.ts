/**
 * An address that is listened on, over UDP and TCP. It outlives the threads that read it: when the
 * configuration changes, others read its sockets, and what waits in them is not lost.
 */
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { ListenError } from '../../../libs/socket/listen-error.ts';
import { openUdpPort, type UdpPort } from '../../../libs/socket/open-udp-socket.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { TcpListener } from '../../../libs/socket/tcp.ts';
import { openTcp } from '../../../libs/socket/tcp.ts';
import type { TcpAnswer } from '../../../libs/socket/tcp-connection.ts';
import type { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import type { Listen } from './udp-readers.ts';

/** How often a free port is tried that must be free for UDP and TCP. */
const PORT_TRIES = 8;

export interface ListeningPlace {
  /** As it was asked for. */
  readonly listen: Listen & { readonly sockets: number };
  /** Of the listener: the table says under it what view clients see. */
  readonly number: number;
  readonly endpoint: Endpoint;
  /** Undefined: a reader thread has its own socket. */
  readonly udp: UdpPort | undefined;
  readonly tcp: TcpListener;
}

export interface PlaceOptions {
  readonly listen: ListeningPlace['listen'];
  readonly number: number;
  readonly answer: TcpAnswer;
  readonly admission: TcpAdmission;
}

/** Opens UDP sockets and TCP listener; rejects with ListenError, and nothing left open. */
export async function openPlace(options: PlaceOptions, library: CLibrary): Promise<ListeningPlace> {
  const { address, port, sockets } = options.listen;
  for (let tries = 1; ; tries++) {
    const udp = openUdpPort(library, { address, port }, sockets);
    try {
      return await openTcpOf(options, udp.endpoint, udp);
    } catch (error) {
      udp.close();
      if (!mayTryAnother(error, port, tries)) throw error;
    }
  }
}

/** A free port that TCP has not is given back, and another tried. */
export function mayTryAnother(error: unknown, port: number, tries: number): boolean {
  const isTaken = error instanceof ListenError && error.code === 'EADDRINUSE';
  return isTaken && port === 0 && tries < PORT_TRIES;
}

export async function openTcpOf(
  { listen, number, answer, admission }: PlaceOptions,
  endpoint: Endpoint,
  udp?: UdpPort,
): Promise<ListeningPlace> {
  const limits = listen.connectionLimits;
  const tcp = await openTcp({ endpoint, answer, admission, limits });
  return { listen, number, endpoint, udp, tcp };
}

/** After its readers ended. */
export async function closePlace({ udp, tcp }: ListeningPlace): Promise<void> {
  udp?.close();
  await tcp.close();
}
