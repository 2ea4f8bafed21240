/** UDP without batched calls: a thread opens the socket itself, and hands over by message. */
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import { CELL_RING_FULL, countersOf } from '../../../libs/table/counters.ts';
import { CONTROL_READER, ROOT_LISTENERS } from '../../../libs/table/layout.ts';
import { ReaderThread } from './reader-thread.ts';
import { oneMessage } from './slow-path.ts';
import type { ReadAddress, UdpReaders, UdpReadersOptions } from './udp-readers.ts';

export interface DgramReader extends UdpReaders {
  /** With the port that was taken. */
  readonly endpoint: Endpoint;
}

/** Opens the socket; rejects with ListenError, with nothing left open. */
export async function openDgramReader(
  options: UdpReadersOptions,
  { number, endpoint }: ReadAddress,
): Promise<DgramReader> {
  const { table: memory, readers, slowPath, log } = options;
  const counters = countersOf(memory, CONTROL_READER);
  const words = new Int32Array(memory);
  const thread: ReaderThread = new ReaderThread({
    start: {
      kind: 'dgram',
      memory,
      reader: readers[0] ?? 0,
      listen: [{ endpoint, listener: number }],
    },
    log,
    onQuery: ({ id, packet, client, listener }) => {
      // The next thread gives the same ids to queries of others.
      const asker = thread.restarts;
      const view = words[ROOT_LISTENERS + listener] ?? 0;
      const answered = slowPath.submit(packet, { ...client, transport: 'udp', view });
      if (answered === undefined) {
        counters[CELL_RING_FULL] = (counters[CELL_RING_FULL] ?? 0) + 1;
        thread.tell({ kind: 'response', id, packet: undefined });
        return;
      }
      void answered.then((response) => {
        const packet = oneMessage(response);
        if (thread.restarts === asker) thread.tell({ kind: 'response', id, packet });
      });
    },
  });
  let endpoints: readonly Endpoint[];
  try {
    endpoints = await thread.start();
  } catch (error) {
    await thread.stop();
    throw error;
  }
  return {
    endpoint: endpoints[0] ?? endpoint,
    get restarts() {
      return thread.restarts;
    },
    close: () => thread.stop(),
    drain: () => {}, // its thread did
  };
}
