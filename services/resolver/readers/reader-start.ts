/** What a reader thread is given, and what it and the control thread tell each other. */
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { ReaderSocket } from '../../../libs/socket/udp-mmsg.ts';

export type ReaderStart = {
  readonly memory: SharedArrayBuffer;
  readonly reader: number;
} & (
  | { readonly kind: 'mmsg'; readonly sockets: readonly ReaderSocket[] }
  | { readonly kind: 'dgram'; readonly listen: readonly DgramListen[] }
);

/** `priority`: of the operating system, less is more. */
export type ReaderData = ReaderStart & { readonly priority: number | undefined };

export interface DgramListen {
  readonly endpoint: Endpoint;
  /** Its number. */
  readonly listener: number;
}

export type FromReader =
  /** Serves from now on. `endpoints`: of the sockets that it opened itself. */
  | { readonly kind: 'ready'; readonly endpoints: readonly Endpoint[] }
  | {
      readonly kind: 'failed';
      readonly endpoint: Endpoint;
      readonly code: string;
    }
  | {
      readonly kind: 'query';
      readonly id: number;
      readonly packet: Uint8Array;
      readonly client: Endpoint;
      readonly listener: number;
    };

export type ToReader =
  | { readonly kind: 'response'; readonly id: number; readonly packet: Uint8Array | undefined }
  | { readonly kind: 'stop' };
