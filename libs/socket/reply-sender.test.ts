import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTable } from '../table/table-writer.ts';
import { BATCH, PACKET_OCTETS } from './batch-memory.ts';
import { type CLibrary, EAGAIN } from './c-library.ts';
import { ReplySender } from './reply-sender.ts';

const QUERY = {
  packet: Uint8Array.of(1),
  peer: Uint8Array.of(2),
  control: Uint8Array.of(3),
  socket: 0,
};
const REPLY = Uint8Array.of(4, 5, 6);

/** A kernel that takes so many of each call; -1: it has no room, 0: it refuses the first. */
function given(...takes: readonly number[]) {
  const left = [...takes];
  const calls: string[] = [];
  const unused = (): number => assert.fail('it only sends');
  const library: CLibrary = {
    ...{ socket: unused, setsockopt: unused, getsockopt: unused, bind: unused },
    ...{ getsockname: unused, close: unused, poll: unused, recvmmsg: unused, madvise: unused },
    addressOf: () => 0,
    sendmmsg: (fd, _headers, count) => {
      calls.push(`${count} from ${fd}`);
      return Math.min(count, left[0] ?? count);
    },
    errno: () => ((left.shift() ?? 0) < 0 ? EAGAIN : 1),
  };
  const closed = new Set<number>();
  const failed: number[] = [];
  const due: (() => void)[] = [];
  const sender = new ReplySender({
    memory: createTable({ octets: 1 << 17 }).memory,
    library,
    isOpen: (fd) => !closed.has(fd),
    onFailed: (replies) => failed.push(replies),
    soon: (work) => due.push(work),
  });
  const send = (fd: number, count = 1) => {
    for (let i = 0; i < count; i++) sender.send(fd, REPLY, QUERY);
  };
  const go = () => {
    for (const work of due.splice(0)) work();
  };
  return { sender, send, go, calls, closed, failed };
}

test('all that is answered at once goes in one call', () => {
  const { send, go, calls, failed } = given();
  send(7, 3);
  assert.deepEqual(calls, []);
  go();
  assert.deepEqual(calls, ['3 from 7']);
  send(7);
  go();
  assert.deepEqual([calls, failed], [['3 from 7', '1 from 7'], []]);
});

test('each socket sends its own, and no more than a batch a call', () => {
  const { send, go, calls } = given();
  send(7, 2);
  send(8);
  send(7, BATCH + 1);
  go();
  assert.deepEqual(calls, ['2 from 7', '1 from 8', `${BATCH} from 7`, '1 from 7']);
});

test('what the kernel refuses is left out, and all of the rest where it has no room', () => {
  const refusing = given(0);
  refusing.send(7, 3);
  refusing.go();
  assert.deepEqual([refusing.calls, refusing.failed], [['3 from 7', '2 from 7'], [1]]);
  const full = given(-1);
  full.send(7, 3);
  full.go();
  assert.deepEqual([full.calls, full.failed], [['3 from 7'], [3]]);
});

test('what no packet can hold fails, and who is closed sends nothing', () => {
  const { sender, send, go, calls, closed, failed } = given();
  sender.send(7, new Uint8Array(PACKET_OCTETS + 1), QUERY);
  assert.deepEqual(failed, [1]);
  send(7);
  closed.add(7);
  go();
  assert.deepEqual(calls, []);
});
