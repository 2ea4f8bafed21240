/** The UDP side of the listeners, whichever way the datagrams come. */
import type { StreamScheme } from '../../../libs/socket/carriage.ts';
import type { UdpPort } from '../../../libs/socket/open-udp-socket.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { Serving } from '../../../libs/socket/tcp.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { SlowPath } from './slow-path.ts';

export interface Listen extends Serving {
  /** 'dns' unless said, which is over UDP too. */
  readonly scheme?: StreamScheme;
  /** '' is any, IPv4 and IPv6. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Which variant of names the clients of this listener see. */
  readonly view: number;
  /** Sockets that share the UDP port, each with a thread; undefined: as many as threads. */
  readonly sockets?: number | undefined;
}

export function isOverUdp({ scheme = 'dns' }: Pick<Listen, 'scheme'>): boolean {
  return scheme === 'dns';
}

export interface UdpReadersOptions {
  readonly table: SharedArrayBuffer;
  /** As many as the listener with the most sockets has. */
  readonly readers: readonly number[];
  readonly slowPath: SlowPath;
  readonly log: Log;
}

/** A listener's number, and where it is. */
export interface ReadAddress {
  readonly number: number;
  readonly endpoint: Endpoint;
}

export interface ReadPort {
  readonly number: number;
  readonly udp: UdpPort;
}

export interface UdpReaders {
  /** Threads that died and were started again. */
  readonly restarts: number;
  /** Ends the threads. What they handed over is answered still. */
  close(): Promise<void>;
  /** After that: answers what waits in the sockets of these listeners, or hands it over. */
  drain(listeners: ReadonlySet<number>): void;
}
