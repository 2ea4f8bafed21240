/** A whole zone from a server on loopback, over TCP (RFC 5936), as a secondary asks for it. */
import { connect } from 'node:net';
import { decode } from '../../libs/dns/decode.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { encodeAsked, plain } from './questions.ts';

/** The longest that a zone of a world takes, on a busy machine, in ms. */
const PATIENCE_MS = 20_000;

/** All records in their order, from one SOA to the other; undefined when it is not handed out. */
export function receiveZone(port: number, zone: string): Promise<readonly RR[] | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const records: RR[] = [];
    let received = Buffer.alloc(0);
    const end = (zone: readonly RR[] | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(zone);
    };
    const timer = setTimeout(() => end(undefined), PATIENCE_MS);
    socket.on('connect', () => {
      const packet = encodeAsked(plain(zone, 'AXFR'));
      socket.write(Buffer.concat([Buffer.of(packet.length >> 8, packet.length & 0xff), packet]));
    });
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const octets = 2 + received.readUInt16BE(0);
        const decoded = decode(new Uint8Array(received.subarray(2, octets)));
        received = received.subarray(octets);
        if (decoded.kind === 'malformed' || decoded.message.answer.length === 0) {
          return end(undefined);
        }
        records.push(...decoded.message.answer);
      }
      if (records.length > 1 && records.at(-1)?.type === 'SOA') end(records);
    });
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
  });
}
