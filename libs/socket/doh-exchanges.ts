/**
 * The requests of one HTTP connection, whichever version it speaks:
 *
 *   head ─ readDohRequest ─┬─ query ─────────────┬─ answer ─► 200, padded, with its lifetime
 *                          ├─ body ─ whole ─► query
 *                          └─ refused ─► its status
 *
 * A client may begin many and read none of them, or give them up: what it takes of us is counted
 * until the answer is made and sent, and above the limits its next requests get 503.
 */
import type { Readable } from 'node:stream';
import { decode } from '../dns/decode.ts';
import { encode } from '../dns/encode.ts';
import { RCODE } from '../dns/iana.ts';
import { freshnessSeconds } from './doh-freshness.ts';
import {
  BODY_OCTETS_MAX,
  DOH_TYPE,
  type RequestHead,
  readDohBody,
  readDohRequest,
} from './doh-request.ts';
import type { Endpoint } from './socket-address.ts';
import type { Bounds, MessageStream, TcpAnswer, TcpResponse } from './tcp-connection.ts';

/** Of bodies that are not whole, for one connection: a query is a tenth of a percent of it. */
const BODIES_OCTETS_MAX = 2 * BODY_OCTETS_MAX;
/** Of responses that the client has not read, for one connection. */
const UNREAD_OCTETS_MAX = 1 << 20;

export type ResponseHeaders = Readonly<Record<string, string | number>>;

/** One request, and how it is responded to. */
export interface Carrier {
  readonly head: RequestHead;
  readonly body: Readable;
  /** `onGone`: once it is sent, or never will be. */
  respond(
    status: number,
    headers: ResponseHeaders,
    body: Uint8Array | undefined,
    onGone: () => void,
  ): void;
  /** Ends it, sent or not. */
  abandon(): void;
  readonly isGone: boolean;
}

export interface ExchangesOptions {
  readonly client: Endpoint;
  readonly bounds: Bounds;
  /** Requests at once. */
  readonly requestsMax: number;
  readonly answer: TcpAnswer;
  readonly onResponse: (status: number) => void;
}

type BodyRead = Uint8Array | 'too large' | 'no room' | 'late' | 'gone';

export class DohExchanges {
  readonly #options: ExchangesOptions;
  /** Whose answer is not made, whether the client still waits or not. */
  #asked = 0;
  /** Responses that are not sent. */
  #sending = 0;
  #bodyOctets = 0;
  #unreadOctets = 0;

  constructor(options: ExchangesOptions) {
    this.#options = options;
  }

  /** Requests that are not over. */
  get underWay(): number {
    return this.#asked + this.#sending;
  }

  /** Never rejects. */
  async serve(carrier: Carrier): Promise<void> {
    const isFull =
      this.#asked >= this.#options.requestsMax || this.#unreadOctets >= UNREAD_OCTETS_MAX;
    if (isFull) return this.#refuse(carrier, 503);
    this.#asked++;
    try {
      await this.#serve(carrier);
    } catch {
      if (!carrier.isGone) this.#refuse(carrier, 500);
    } finally {
      this.#asked--;
    }
  }

  async #serve(carrier: Carrier): Promise<void> {
    let request = readDohRequest(carrier.head);
    if (request.kind === 'body') {
      const body = await this.#read(carrier.body);
      if (body === 'gone') return;
      if (body === 'late') return this.#end(carrier, 'read');
      if (body === 'too large') return this.#refuse(carrier, 413);
      if (body === 'no room') return this.#refuse(carrier, 503);
      request = readDohBody(body);
    }
    if (request.kind !== 'query') {
      return this.#refuse(carrier, request.kind === 'refused' ? request.status : 400);
    }
    const { answer, client } = this.#options;
    const response = oneMessage(await answer(request.packet, client));
    // What gets silence elsewhere; CoreDNS says so too.
    if (response === undefined) return this.#refuse(carrier, 500);
    const headers = {
      'content-type': DOH_TYPE,
      'cache-control': `max-age=${freshnessSeconds(response)}`,
      'content-length': response.length,
    };
    this.#respond(carrier, 200, headers, response);
  }

  #refuse(carrier: Carrier, status: number): void {
    const allow = status === 405 ? { allow: 'GET, HEAD, POST' } : {};
    this.#respond(carrier, status, { ...allow, 'content-length': 0 }, undefined);
  }

  #respond(
    carrier: Carrier,
    status: number,
    headers: ResponseHeaders,
    response: Uint8Array | undefined,
  ): void {
    this.#options.onResponse(status);
    if (carrier.isGone) return;
    const body = carrier.head.method === 'HEAD' ? undefined : response;
    const octets = body?.length ?? 0;
    this.#sending++;
    this.#unreadOctets += octets;
    const { writeMs } = this.#options.bounds.limits;
    const late = setTimeout(() => this.#end(carrier, 'write'), writeMs);
    carrier.respond(status, headers, body, () => {
      clearTimeout(late);
      this.#sending--;
      this.#unreadOctets -= octets;
    });
  }

  #end(carrier: Carrier, timeout: 'read' | 'write'): void {
    this.#options.bounds.admission.countTimeout(timeout);
    carrier.abandon();
  }

  /** All of a body, if it is whole in time, and there is room for it. */
  #read(body: Readable): Promise<BodyRead> {
    return new Promise((resolve) => {
      const pieces: Uint8Array[] = [];
      let octets = 0;
      const late = setTimeout(() => end('late'), this.#options.bounds.limits.readMs);
      const onData = (piece: Uint8Array) => {
        octets += piece.length;
        this.#bodyOctets += piece.length;
        pieces.push(piece);
        if (octets > BODY_OCTETS_MAX) end('too large');
        else if (this.#bodyOctets > BODIES_OCTETS_MAX) end('no room');
      };
      const end = (read: BodyRead) => {
        clearTimeout(late);
        body.off('data', onData);
        this.#bodyOctets -= octets;
        octets = 0;
        resolve(read);
      };
      body.on('data', onData);
      body.once('end', () => end(Buffer.concat(pieces)));
      body.once('close', () => end('gone'));
      body.once('error', () => end('gone'));
    });
  }
}

/** A response of several messages has no place in HTTP: a zone is had over a stream (RFC 9103). */
function oneMessage(response: TcpResponse): Uint8Array | undefined {
  if (response === undefined || response instanceof Uint8Array) return response;
  return isWhole(response) ? response.first : refusalOf(response.first);
}

function isWhole({ more }: MessageStream): boolean {
  if (more.next().done === true) return true;
  more.return?.();
  return false;
}

function refusalOf(response: Uint8Array): Uint8Array | undefined {
  const decoded = decode(response);
  if (decoded.kind === 'malformed') return undefined;
  const empty = { answer: [], authority: [], additional: [] };
  return encode({ ...decoded.message, ...empty, rcode: RCODE.REFUSED });
}
