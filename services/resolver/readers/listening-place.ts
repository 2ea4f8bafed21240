/**
 * An address that is listened on: over UDP and TCP, or over TCP alone where that carries TLS or
 * HTTP. It outlives the threads that read it: when the configuration changes, others read its
 * sockets, and what waits in them is not lost.
 */
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { ListenError } from '../../../libs/socket/listen-error.ts';
import { openUdpPort, type UdpPort } from '../../../libs/socket/open-udp-socket.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { TcpListener } from '../../../libs/socket/tcp.ts';
import { openTcp } from '../../../libs/socket/tcp.ts';
import type { TcpAnswer } from '../../../libs/socket/tcp-connection.ts';
import type { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import type { Listen, ReadAddress, UdpReaders } from './udp-readers.ts';

/** How often a free port is tried that must be free for UDP and TCP. */
const PORT_TRIES = 8;

export interface ListeningPlace {
  /** As it was asked for. */
  readonly listen: Listen & { readonly sockets: number };
  /** Of the listener: the table says under it what view clients see. */
  readonly number: number;
  readonly endpoint: Endpoint;
  /** Of its UDP port, where any thread can read them. */
  readonly udp: UdpPort | undefined;
  /** The thread that has its UDP port, where only that can read it. */
  readonly reader: UdpReaders | undefined;
  readonly tcp: TcpListener;
}

export interface PlaceOptions {
  readonly listen: ListeningPlace['listen'];
  /** One that goes has the address and port, for another scheme. */
  readonly before?: ListeningPlace | undefined;
  readonly number: number;
  /** Another place has its port, at addresses that cover this one, or among them. */
  readonly isBesideOwn: boolean;
  readonly answer: TcpAnswer;
  readonly admission: TcpAdmission;
  readonly onHttpResponse: (status: number) => void;
}

/** One thread that reads UDP at an address of its choice, where port 0 is named. */
export type OpenReader = (
  address: ReadAddress,
) => Promise<UdpReaders & { readonly endpoint: Endpoint }>;

/** Opens UDP sockets and TCP listener; rejects with ListenError, and nothing left open. */
export function openPlace(options: PlaceOptions, library: CLibrary): Promise<ListeningPlace> {
  const { isBesideOwn } = options;
  const { address, port, sockets } = options.listen;
  return onOnePort(options, async () => {
    const udp = openUdpPort(library, { address, port }, sockets, isBesideOwn);
    return { endpoint: udp.endpoint, udp, close: async () => udp.close() };
  });
}

/** The same, with a thread that opens its UDP socket itself. */
export function openPlaceOf(options: PlaceOptions, open: OpenReader): Promise<ListeningPlace> {
  const { address, port } = options.listen;
  return onOnePort(options, async () => {
    const reader = await open({ number: options.number, endpoint: { address, port } });
    return { endpoint: reader.endpoint, reader, close: () => reader.close() };
  });
}

/** Over TCP alone. */
export async function openStreamPlace(options: PlaceOptions): Promise<ListeningPlace> {
  const { address, port } = options.listen;
  return await openTcpOf(options, { address, port });
}

interface OpenUdp extends Partial<Pick<ListeningPlace, 'udp' | 'reader'>> {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/** A free port of UDP that TCP has not is given back, and another tried. */
async function onOnePort(
  options: PlaceOptions,
  open: () => Promise<OpenUdp>,
): Promise<ListeningPlace> {
  for (let tries = 1; ; tries++) {
    const { endpoint, close, ...udp } = await open();
    try {
      return await openTcpOf(options, endpoint, udp);
    } catch (error) {
      await close();
      const isTaken = error instanceof ListenError && error.code === 'EADDRINUSE';
      if (!isTaken || options.listen.port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

async function openTcpOf(
  { listen, number, before, ...options }: PlaceOptions,
  endpoint: Endpoint,
  { udp, reader }: Partial<Pick<ListeningPlace, 'udp' | 'reader'>> = {},
): Promise<ListeningPlace> {
  const { scheme = 'dns', limits, security, http } = listen;
  const service = { ...options, scheme, limits, security, http };
  const tcp = await (before?.tcp.followedBy(service) ?? openTcp({ ...service, endpoint }));
  return { listen, number, endpoint: tcp.endpoint, udp, reader, tcp };
}

/** At once, where nobody asks any more. */
export async function closePlace({ udp, reader, tcp }: ListeningPlace): Promise<void> {
  udp?.close();
  await reader?.close();
  await tcp.close();
}
