/**
 * For the stress test: a thread that asks the table as fast as it can and looks at every octet that
 * a mixture of two answers, or reused memory, would spoil.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { encode } from '../dns/encode.ts';
import { createAnswerer } from './answerer.ts';
import { query } from './asking.ts';
import {
  READER_EPOCH,
  READER_STOP,
  ROOT_EPOCH,
  ROOT_SLOTS,
  readerIo,
  readerWord,
} from './layout.ts';
import { viewsOf } from './memory-views.ts';

export interface StressReaderStart {
  readonly memory: SharedArrayBuffer;
  readonly reader: number;
  readonly names: number;
  /** Names below this one are always there. */
  readonly kept: number;
}

export interface StressReaderReport {
  readonly answered: number;
  readonly denied: number;
  /** What was wrong, the first few. */
  readonly wrong: readonly string[];
}

const BATCH = 32;
const RECORD_OCTETS = 16;
const NOW_SECONDS = 1_790_000_000;

const { memory, reader, names, kept }: StressReaderStart = workerData;
const { words, bytes, data } = viewsOf(memory);
const answerer = createAnswerer(memory, reader);
const packets = Array.from({ length: names }, (_, i) => encode(query(`N${i}.Churn.test. A`)));
const lastVersion = new Int32Array(names);
const at = readerIo(reader);
const block = readerWord(reader);
const wrong: string[] = [];
let answered = 0;
let denied = 0;
let lastSerial = 0;

while (Atomics.load(words, block + READER_STOP) === 0) {
  Atomics.store(words, block + READER_EPOCH, words[ROOT_EPOCH] ?? 0);
  Atomics.load(words, ROOT_SLOTS);
  for (let i = 0; i < BATCH; i++) ask(Math.floor(Math.random() * names));
  Atomics.store(words, block + READER_EPOCH, 0);
}
parentPort?.postMessage({ answered, denied, wrong } satisfies StressReaderReport);

function ask(i: number): void {
  const packet = packets[i] ?? new Uint8Array(0);
  bytes.set(packet, at);
  const octets = answerer.answer(at, packet.length, 0, NOW_SECONDS, 0);
  const rcode = (bytes[at + 3] ?? 0) & 15;
  if (octets <= 0) report(`n${i}: outcome ${octets}`);
  else if (rcode === 0) checkAnswer(i, packet.length, octets);
  else if (rcode === 3) checkDenial(i, packet.length, octets);
  else report(`n${i}: rcode ${rcode}`);
}

/** Three records, all of one version, and no older one than was seen before. */
function checkAnswer(i: number, question: number, octets: number): void {
  answered++;
  const version = data.getUint32(at + question + 6);
  let isRight = data.getUint16(at + 6) === 3 && octets === question + 3 * RECORD_OCTETS;
  for (let record = 0; record < 3; record++) {
    const from = at + question + record * RECORD_OCTETS;
    isRight &&= data.getUint16(from) === 0xc00c && data.getUint32(from + 6) === version;
    isRight &&= data.getUint16(from + 12) === i && data.getUint16(from + 14) === (version & 0xffff);
  }
  if (!isRight) report(`n${i}: ${hex(octets)}`);
  if (version < (lastVersion[i] ?? 0)) report(`n${i}: version ${version} after ${lastVersion[i]}`);
  lastVersion[i] = version;
}

/** The SOA, its owner pointing at the apex, and no older serial than was seen before. */
function checkDenial(i: number, question: number, octets: number): void {
  denied++;
  if (i < kept) report(`n${i}: denied`);
  const soa = at + question;
  const apex = 12 + 1 + (bytes[at + 12] ?? 0);
  const serial = data.getUint32(at + octets - 20);
  if (data.getUint16(at + 8) !== 1 || data.getUint16(soa) !== (0xc000 | apex)) {
    report(`n${i}: ${hex(octets)}`);
  }
  if (serial < lastSerial) report(`serial ${serial} after ${lastSerial}`);
  lastSerial = serial;
}

function hex(octets: number): string {
  return Buffer.from(bytes.slice(at, at + octets)).toString('hex');
}

function report(text: string): void {
  if (wrong.length < 5) wrong.push(text);
}
