/**
 * What readers of UDP handed over, asked of the table once more, by the control thread: what waited
 * here while the answer to the same question arrived need not go through the chain, which takes
 * some twenty times as long.
 */
import { batchMemoryOf } from '../../../libs/socket/batch-memory.ts';
import { ClientPlace } from '../../../libs/socket/client-place.ts';
import { createAnswerer } from '../../../libs/table/answerer.ts';
import {
  CONTROL_UDP_READER,
  READER_EPOCH,
  ROOT_EPOCH,
  readerWord,
} from '../../../libs/table/layout.ts';
import { viewsOf } from '../../../libs/table/memory-views.ts';

/** The response, which is good until the next look, or undefined. `address`: the client's. */
export type LookAgain = (
  packet: Uint8Array,
  view: number,
  address: string,
) => Uint8Array | undefined;

export function createSecondLook(memory: SharedArrayBuffer): LookAgain {
  const { words, bytes } = viewsOf(memory);
  const answerer = createAnswerer(memory, CONTROL_UDP_READER);
  // Nobody hands over to this reader: the place of its ring is free, and large enough.
  const at = batchMemoryOf(CONTROL_UDP_READER).ring;
  const epoch = readerWord(CONTROL_UDP_READER) + READER_EPOCH;
  const place = new ClientPlace(memory, CONTROL_UDP_READER);
  return (packet, view, address) => {
    const started = performance.now();
    bytes.set(packet, at);
    Atomics.store(words, epoch, words[ROOT_EPOCH] ?? 0);
    const nowSeconds = Math.floor(Date.now() / 1000);
    const octets = answerer.answer(at, packet.length, view, nowSeconds, place.of(address));
    Atomics.store(words, epoch, 0);
    if (octets <= 0) return undefined;
    answerer.counter.endBatch(performance.now() - started);
    return bytes.subarray(at, at + octets);
  };
}
