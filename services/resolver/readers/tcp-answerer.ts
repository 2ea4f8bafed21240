/** TCP asks the table first, from the control thread, as a reader of its own. */
import { batchMemoryOf } from '../../../libs/socket/batch-memory.ts';
import { ClientPlace } from '../../../libs/socket/client-place.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { TcpAnswer } from '../../../libs/socket/tcp-connection.ts';
import { createAnswerer, DROP, HAND_OVER } from '../../../libs/table/answerer.ts';
import {
  CELL_DROPPED,
  CELL_HANDED_OVER,
  CELL_RING_FULL,
  countersOf,
} from '../../../libs/table/counters.ts';
import {
  CONTROL_READER,
  READER_EPOCH,
  ROOT_EPOCH,
  ROOT_LISTENERS,
  readerWord,
} from '../../../libs/table/layout.ts';
import { viewsOf } from '../../../libs/table/memory-views.ts';
import type { SlowPath } from './slow-path.ts';

/** The answer function of one TCP listener, by its number. */
export type AnswerTcp = (listener: number) => TcpAnswer;

export function createTcpAnswerer(memory: SharedArrayBuffer, slowPath: SlowPath): AnswerTcp {
  const { words, bytes } = viewsOf(memory);
  const answerer = createAnswerer(memory, CONTROL_READER, { transport: 'tcp' });
  const places = new ClientPlace(memory, CONTROL_READER);
  const counters = countersOf(memory, CONTROL_READER);
  // Nobody hands over to this reader: the place of its ring is free, and large enough.
  const at = batchMemoryOf(CONTROL_READER).ring;
  const epoch = readerWord(CONTROL_READER) + READER_EPOCH;
  const count = (cell: number, by = 1) => {
    counters[cell] = (counters[cell] ?? 0) + by;
  };
  return (listener) => (packet: Uint8Array, client: Endpoint) => {
    const view = words[ROOT_LISTENERS + listener] ?? 0;
    const started = performance.now();
    bytes.set(packet, at);
    Atomics.store(words, epoch, words[ROOT_EPOCH] ?? 0);
    const nowSeconds = Math.floor(Date.now() / 1000);
    const place = places.of(client.address);
    const octets = answerer.answer(at, packet.length, view, nowSeconds, place);
    Atomics.store(words, epoch, 0);
    if (octets === DROP) {
      count(CELL_DROPPED);
      return undefined;
    }
    if (octets === HAND_OVER) {
      const answered = slowPath.submit(packet, { ...client, transport: 'tcp', view });
      count(answered === undefined ? CELL_RING_FULL : CELL_HANDED_OVER);
      return answered;
    }
    const response = bytes.slice(at, at + octets);
    answerer.counter.endBatch(performance.now() - started);
    return response;
  };
}
