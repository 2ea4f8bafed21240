/**
 * The laws of the log, as tests that run on every adapter:
 *
 *   describe('memory', () => testLogContract(async () => { … return { connect, end } }));
 *
 * Every test has a cluster of its own, so that one medium serves them all.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testAppend, testFence } from './append-contract.ts';
import { CONTROL_LOG } from './check.ts';
import {
  entry,
  fromTo,
  last,
  lastOfEach,
  type NewLog,
  positionsOf,
  replayOf,
  textsOf,
} from './contract-facts.ts';
import { Follower } from './follower.ts';
import { testForget } from './forget-contract.ts';
import { testHeartbeats } from './heartbeats-contract.ts';
import { ENTRY_OCTETS_MAX, HISTORY_PER_SUBJECT, type Logs, type StoredEntry } from './log.ts';
import { testRead, testReadFromPosition } from './read-contract.ts';

/** Where logs are kept: one server, one directory, one process. */
export interface Medium {
  /** Another access to it: of another process as far as the medium can tell. */
  connect(): Promise<Logs>;
  /** Readers may begin on a copy that lags: see ReadFrom. */
  readonly isReplicated?: boolean;
  /** After all tests. */
  end(): Promise<void>;
}

export function testLogContract(start: () => Promise<Medium>): void {
  let medium: Medium;
  let logs: Logs;
  let others: Logs;
  let clusters = 0;
  before(async () => {
    medium = await start();
    logs = await medium.connect();
    others = await medium.connect();
  });
  after(async () => {
    await logs?.close();
    await others?.close();
    await medium?.end();
  });

  /**
   * A new cluster's log, opened twice: by two processes where the medium allows for more than one.
   */
  function newLog(): ReturnType<NewLog> {
    clusters += 1;
    const cluster = `c${clusters}`;
    const put = (tail: string, text: string) => entry(cluster, tail, text);
    const startOf = (entries: readonly StoredEntry[]) =>
      textsOf(medium.isReplicated === true ? lastOfEach(entries) : entries);
    return { log: logs.open(cluster), other: others.open(cluster), put, startOf };
  }

  testAppend(newLog);
  testFence(newLog);
  testRead(newLog);
  testReadFromPosition(newLog);
  testForget(newLog);
  testLimits(newLog);

  testHeartbeats(() => [logs.heartbeats, others.heartbeats]);

  test('the control log is one like the others, and no cluster', async () => {
    const log = logs.open(CONTROL_LOG);
    const before = await log.head();
    await log.append(before.position, [entry(CONTROL_LOG, 'drain.east', '1')]);
    const reader = new Follower(others.open(CONTROL_LOG));
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(reader.texts, ['1']);
    assert.equal((await logs.clusters()).includes(CONTROL_LOG), false);
  });

  test('clusters names those that have a log', async () => {
    const { log, put } = newLog();
    await log.append(0, [put('a', '1')]);
    const names = await logs.clusters();
    assert.ok(names.includes(log.cluster), names.join());
    assert.deepEqual(names, [...names].sort());
  });

  test('open refuses what is no name of a cluster', () => {
    for (const name of ['', 'East', 'a.b', 'a b', '*', '>', '../a', '-a', 'a'.repeat(64)]) {
      assert.throws(
        () => logs.open(name),
        /^RangeError: Cannot open the log of cluster ".*expected/,
      );
    }
  });
}

function testLimits(newLog: NewLog): void {
  test(`of each subject the last ${HISTORY_PER_SUBJECT} entries are kept`, async () => {
    const { log, put } = newLog();
    const count = HISTORY_PER_SUBJECT + 6;
    const busy = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const head = last(positionsOf(await log.append(0, [put('quiet', '0'), ...busy])));
    const reader = new Follower(log, { kind: 'after', head: await replayOf(log) });
    await reader.reached(head);
    await reader.stop();
    const kept = fromTo(count - HISTORY_PER_SUBJECT + 1, count).map(String);
    assert.deepEqual(reader.texts, ['0', ...kept]);
  });

  test('an entry can be looked up by its position while history has it', async () => {
    const { log, put } = newLog();
    const count = HISTORY_PER_SUBJECT + 1;
    const busy = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const positions = positionsOf(await log.append(0, [put('quiet', '0'), ...busy]));
    const textAt = async (position: number) => {
      const entry = await log.entryAt(position);
      return entry && [entry.position, Buffer.from(entry.data).toString()];
    };
    const [quiet = 0, oldest = 0, next = 0] = positions;
    assert.deepEqual(await textAt(quiet), [quiet, '0']);
    assert.equal(await textAt(oldest), undefined);
    assert.deepEqual(await textAt(next), [next, '2']);
    assert.equal(await textAt(last(positions) + 1), undefined);
  });

  test('the last entry of a subject can be looked up', async () => {
    const { log, put } = newLog();
    const [busy, quiet] = [put('busy', ''), put('quiet', '0')];
    const lastOf = async (subject: string) => {
      const entry = await log.lastOf(subject);
      return entry && [entry.position, entry.subject, Buffer.from(entry.data).toString()];
    };
    assert.equal(await lastOf(busy.subject), undefined);
    const count = HISTORY_PER_SUBJECT + 1;
    const entries = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const positions = positionsOf(await log.append(0, [quiet, ...entries]));
    assert.deepEqual(await lastOf(quiet.subject), [positions[0], quiet.subject, '0']);
    assert.deepEqual(await lastOf(busy.subject), [last(positions), busy.subject, `${count}`]);
    assert.equal(await lastOf(put('nobody', '').subject), undefined);
  });

  test('an append that is repeated is known again by what history has left of it', async () => {
    const { log, put } = newLog();
    const count = HISTORY_PER_SUBJECT + 6;
    const entries = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const first = await log.append(0, entries);
    assert.deepEqual(await log.append(0, entries), first);
  });

  test(`an entry of ${ENTRY_OCTETS_MAX} octets is stored and read`, async () => {
    const { log, put } = newLog();
    const data = new Uint8Array(ENTRY_OCTETS_MAX).fill(7);
    const large = () => ({ ...put('large', ''), data });
    const positions = positionsOf(await log.append(0, Array.from({ length: 6 }, large)));
    const reader = new Follower(log, { kind: 'after', head: await replayOf(log) });
    await reader.reached(last(positions));
    await reader.stop();
    assert.deepEqual(reader.positions, positions);
    assert.ok(reader.entries.every((one) => Buffer.compare(one.data, data) === 0));
  });

  test('a larger one is refused, with all that should have been stored beside it', async () => {
    const { log, put } = newLog();
    const large = { ...put('large', ''), data: new Uint8Array(ENTRY_OCTETS_MAX + 1) };
    await assert.rejects(log.append(0, [put('a', '1'), large]), {
      name: 'RangeError',
      message: /^Cannot append ".*large": its data has 921601 octets; expected at most 921600$/,
    });
    assert.equal((await log.head()).position, 0);
  });
}
