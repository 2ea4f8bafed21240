/**
 * For the stress test: a thread that asks the table as fast as it can and looks at every octet that
 * a mixture of two answers, or reused memory, would spoil.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { encode } from '../dns/encode.ts';
import { createAnswerer, HAND_OVER } from './answerer.ts';
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
import { KEPT, NOW_SECONDS, QUESTIONS, type StressQuestion } from './stress-names.ts';

export interface StressReaderStart {
  readonly memory: SharedArrayBuffer;
  readonly reader: number;
}

export interface StressReaderReport {
  readonly own: number;
  readonly cached: number;
  readonly denied: number;
  readonly handedOver: number;
  /** Other slots than before, as this reader came to see them. */
  readonly growths: number;
  /** What was wrong, the first few. */
  readonly wrong: readonly string[];
}

const BATCH = 32;

const { memory, reader }: StressReaderStart = workerData;
const { words, bytes, data } = viewsOf(memory);
const answerer = createAnswerer(memory, reader);
const packets = QUESTIONS.map(({ name, type }) =>
  encode(query(`${name.replace(/^./, (first) => first.toUpperCase())} ${type}`)),
);
const lastVersion = new Int32Array(QUESTIONS.length);
const at = readerIo(reader);
const block = readerWord(reader);
const counts = { own: 0, cached: 0, denied: 0, handedOver: 0, growths: 0 };
const wrong: string[] = [];
let lastSerial = 0;
let lastSlots = 0;

while (Atomics.load(words, block + READER_STOP) === 0) {
  Atomics.store(words, block + READER_EPOCH, words[ROOT_EPOCH] ?? 0);
  const slots = Atomics.load(words, ROOT_SLOTS);
  if (slots !== lastSlots) counts.growths++;
  lastSlots = slots;
  for (let i = 0; i < BATCH; i++) ask(Math.floor(Math.random() * QUESTIONS.length));
  Atomics.store(words, block + READER_EPOCH, 0);
}
parentPort?.postMessage({ ...counts, wrong } satisfies StressReaderReport);

function ask(i: number): void {
  const question = QUESTIONS[i];
  const packet = packets[i];
  if (question === undefined || packet === undefined) return;
  bytes.set(packet, at);
  const octets = answerer.answer(at, packet.length, 0, NOW_SECONDS, 0);
  const rcode = (bytes[at + 3] ?? 0) & 15;
  if (octets === HAND_OVER && question.kind !== 'own') counts.handedOver++;
  else if (octets <= 0) report(question, `outcome ${octets}`);
  else if (rcode === 3) checkDenial(question, packet.length, octets);
  else if (rcode !== 0) report(question, `rcode ${rcode}`);
  else if (data.getUint16(at + 6) > 0) checkAnswer(question, i, packet.length, octets);
  else if (question.kind === 'either')
    checkDenial(question, packet.length, octets); // NODATA
  else report(question, 'no data');
}

/** Three records, all of one version, and no older one than was seen before. */
function checkAnswer(question: StressQuestion, i: number, start: number, octets: number): void {
  const { kind, number, type } = question;
  const isOwn = ((bytes[at + 2] ?? 0) & 0x04) !== 0;
  if (isOwn) counts.own++;
  else counts.cached++;
  const rdataOctets = type === 'A' ? 4 : 16;
  const version = data.getUint32(at + start + 6);
  let isRight = data.getUint16(at + 6) === 3 && octets === start + 3 * (12 + rdataOctets);
  isRight &&= kind === 'either' || isOwn === (kind === 'own');
  for (let record = 0; record < 3; record++) {
    const from = at + start + record * (12 + rdataOctets);
    const last = from + 12 + rdataOctets;
    isRight &&= data.getUint16(from) === 0xc00c && data.getUint32(from + 6) === version;
    isRight &&= data.getUint16(last - 4) === number;
    isRight &&= data.getUint16(last - 2) === (version & 0xffff);
  }
  if (!isRight) report(question, hex(octets));
  if (version < (lastVersion[i] ?? 0)) report(question, `${version} after ${lastVersion[i]}`);
  lastVersion[i] = version;
}

/** The SOA, its owner pointing at the apex, and no older serial than was seen before. */
function checkDenial(question: StressQuestion, start: number, octets: number): void {
  counts.denied++;
  const { kind, number } = question;
  if (kind === 'cached' || (kind === 'own' && number < KEPT)) report(question, 'denied');
  const soa = at + start;
  const apex = 12 + 1 + (bytes[at + 12] ?? 0);
  const serial = data.getUint32(at + octets - 20);
  if (data.getUint16(at + 8) !== 1 || data.getUint16(soa) !== (0xc000 | apex)) {
    report(question, hex(octets));
  }
  if (serial < lastSerial) report(question, `serial ${serial} after ${lastSerial}`);
  lastSerial = serial;
}

function hex(octets: number): string {
  return Buffer.from(bytes.slice(at, at + octets)).toString('hex');
}

function report({ name, type }: StressQuestion, text: string): void {
  if (wrong.length < 5) wrong.push(`${name} ${type}: ${text}`);
}
