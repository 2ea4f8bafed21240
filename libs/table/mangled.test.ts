import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../dns/decode.ts';
import { encode } from '../dns/encode.ts';
import { TCP_OCTETS_MAX, udpLimit } from '../dns/message.ts';
import { createAnswerer } from './answerer.ts';
import { edns, NOW_SECONDS, query, records } from './asking.ts';
import { given, ZONE } from './given-zone.ts';
import { readerIo } from './layout.ts';

const MANGLED = Number(process.env.ISTHMUS_MANGLED_PACKETS ?? 20_000);
/** What stands behind the packet: the end of names, pointers, long labels. */
const FILLERS = [0x00, 0xc0, 0x3f];
const PACKET_OCTETS_MAX = 300;
const ROOM = 1300;

/** xorshift32 (Marsaglia): from its seed, so that a failure can be had again. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}

const { table } = given();
table.keep('cached.example.', 0, 0, {
  type: 'A',
  authoritative: false,
  answer: records('cached.example. 30 IN A 192.0.2.1'),
  authority: [],
  additional: [],
  cached: { saidAtSeconds: NOW_SECONDS, expiresAtSeconds: NOW_SECONDS + 30, denial: false },
});
const starts = [...records(ZONE), { name: 'cached.example.', type: 'A' }].flatMap(
  ({ name, type }) => [
    encode(query(`${name} ${type}`)),
    encode(query(`${name} ${type}`, { edns: edns(700, { options: [option()] }) })),
    encode(query(`below.${name} ${type}`, { edns: edns(1232, { dnssecOk: true }) })),
  ],
);

function option() {
  return { code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
}

/** Octets changed, cut off, put in, doubled; or nothing but chance. */
function mangled(dice: Dice): Uint8Array {
  if (dice.below(50) === 0) {
    return Uint8Array.from({ length: dice.below(80) }, () => dice.below(256));
  }
  let packet = Array.from(starts[dice.below(starts.length)] ?? []);
  for (let change = dice.below(4); change >= 0; change--) {
    const at = dice.below(packet.length + 1);
    const odd = [0, 1, 0x3f, 0x40, 0xc0, 0xff][dice.below(6)] ?? dice.below(256);
    switch (dice.below(6)) {
      case 0:
        packet.length = at;
        break;
      case 1:
        packet.splice(at, 0, odd);
        break;
      case 2:
        packet.splice(at, dice.below(5));
        break;
      case 3:
        packet = [...packet, ...packet.slice(at)].slice(0, PACKET_OCTETS_MAX);
        break;
      case 4:
        packet[Math.min(at, 11)] = dice.below(2) === 0 ? odd : dice.below(4);
        break;
      default:
        if (at < packet.length) packet[at] = odd;
    }
  }
  return Uint8Array.from(packet);
}

test(`${MANGLED} mangled packets: a whole response, or none, by what is in the packet alone`, () => {
  const bytes = new Uint8Array(table.memory);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const dice = new Dice(seed);
  const transports = (['udp', 'tcp'] as const).map((transport, reader) => ({
    transport,
    at: readerIo(reader),
    answerer: createAnswerer(table.memory, reader, { transport }),
  }));
  let answered = 0;
  for (let i = 0; i < MANGLED; i++) {
    const packet = mangled(dice);
    const why = `seed ${seed}, packet ${i}: ${Buffer.from(packet).toString('hex')}`;
    for (const { transport, at, answerer } of transports) {
      let before: Buffer | undefined;
      for (const filler of FILLERS) {
        bytes.fill(filler, at, at + ROOM);
        bytes.set(packet, at);
        const octets = answerer.answer(at, packet.length, 0, NOW_SECONDS, 0);
        const said = Buffer.from(bytes.slice(at, at + (octets > 0 ? octets : packet.length)));
        if (octets <= 0) assert.deepEqual(said, Buffer.from(packet), `changed: ${why}`);
        if (before !== undefined && !before.equals(said)) assert.fail(`read on: ${why}`);
        before = said;
        if (octets <= 0) continue;
        const asked = decode(packet);
        const response = decode(said);
        assert.ok(asked.kind === 'message' && !asked.message.flags.response, why);
        assert.ok(response.kind === 'message' && response.message.flags.response, why);
        const limit = transport === 'udp' ? udpLimit(asked.message) : TCP_OCTETS_MAX;
        assert.ok(octets <= limit, `${octets} octets: ${why}`);
        answered++;
      }
    }
  }
  assert.ok(answered > MANGLED / 4, `${answered} answers to ${MANGLED} packets`);
});
