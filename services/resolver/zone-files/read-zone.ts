/** A file → the zone in it, in steps: whoever has queries to answer lets them have their turn. */
import { readFileSync, statSync } from 'node:fs';
import { serialOf } from '../../../libs/transfer/serial.ts';
import type { Zone } from '../../../libs/zone/zone.ts';
import { ZoneBuilder } from '../../../libs/zone/zone-builder.ts';
import { parseZoneFile, ZONE_FILE_LIMITS } from '../../../libs/zone-file/zone-file.ts';
import { ZoneFileError, type ZoneFilePlace } from '../../../libs/zone-file/zone-file-error.ts';
import { atOnce } from '../steps.ts';

export interface ZoneRead {
  readonly zone: Zone;
  /** The file, and those that it includes. */
  readonly paths: readonly string[];
  /** What was left out of it, a sentence each. */
  readonly leftOut: readonly string[];
}

/** Records of one step: some milliseconds. */
const RECORDS_PER_STEP = 500;
/** Sentences of what was left out; more say the same again. */
const SENTENCES_MAX = 10;

/**
 * Undefined: its SOA has the serial `unless`. Throws ZoneFileError; another Error where the file
 * can't be read.
 */
export function* readZone(
  path: string,
  origin: string,
  unless?: number,
): Generator<void, ZoneRead | undefined> {
  const paths: string[] = [];
  const read = (file: string) => {
    paths.push(file);
    return textOf(file);
  };
  const builder = new ZoneBuilder(origin);
  const leftOut = new LeftOut();
  let left = RECORDS_PER_STEP;
  for (const { record, at } of parseZoneFile(path, { origin, read })) {
    const refusal = builder.add(record);
    if (refusal?.isFatal === true) throw notUsed(at, record.type, refusal.why);
    if (refusal !== undefined) leftOut.add(notUsed(at, record.type, refusal.why).message);
    const isSoa = record.type === 'SOA' && refusal === undefined;
    if (isSoa && unless !== undefined && serialOf(record) === unless) return undefined;
    if (--left > 0) continue;
    yield;
    left = RECORDS_PER_STEP;
  }
  const zone = builder.zone();
  if (zone !== undefined) return { zone, paths, leftOut: leftOut.sentences() };
  const end = `Cannot use the file: it has no SOA of ${origin}; expected one`;
  throw new ZoneFileError({ file: path, line: 1 }, end);
}

/** All of it at once. */
export function readZoneNow(path: string, origin: string): ZoneRead {
  const read = atOnce(readZone(path, origin));
  if (read === undefined) throw new Error('a zone was not read, whatever its serial');
  return read;
}

class LeftOut {
  readonly #sentences: string[] = [];
  #count = 0;

  add(sentence: string): void {
    if (++this.#count <= SENTENCES_MAX) this.#sentences.push(`${sentence}; it is left out`);
  }

  sentences(): readonly string[] {
    const more = this.#count - this.#sentences.length;
    return more === 0 ? this.#sentences : [...this.#sentences, `${more} more are left out`];
  }
}

function notUsed(at: ZoneFilePlace, type: string, why: string): ZoneFileError {
  return new ZoneFileError(at, `Cannot use the ${type}: ${why}`);
}

/** A character for each octet. */
function textOf(file: string): string {
  const stats = statSync(file);
  // Reading a pipe or a device may never end.
  if (!stats.isFile()) throw new Error('it is no regular file; expected one');
  const { size } = stats;
  const { octetsMax } = ZONE_FILE_LIMITS;
  if (size > octetsMax) throw new Error(`it has ${size} octets; expected ${octetsMax} at most`);
  return readFileSync(file).toString('latin1');
}
