/**
 * The facts of one cluster in a file: what a resolver answers from while its log and the shared
 * store are away. Written beside and renamed, so that there is the whole of it or the one before.
 *
 *   "isthmus facts 1\n" | head as JSON, "\n" | per fact: octets of the subject, octets of the data
 *   (u32 each), subject, data | SHA-256 of all before it
 *
 * It is a cache of the log: one that is damaged, or of another version, is as if there were none.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Head } from '../log/log.ts';
import type { FactSnapshot } from '../store/store.ts';

export type SnapshotOutcome =
  | { readonly kind: 'snapshot'; readonly snapshot: FactSnapshot }
  | { readonly kind: 'none' }
  /** For people. */
  | { readonly kind: 'damaged'; readonly why: string };

const MAGIC = 'isthmus facts 1\n';
const DIGEST_OCTETS = 32;
/** Octets gathered before they are written: a write for each fact would be slow. */
const CHUNK_OCTETS = 256 * 1024;
/** Larger files are not ours: 100,000 facts take 47 MB. */
const FILE_OCTETS_MAX = 1024 * 1024 * 1024;

/** Throws for what the file system does not allow. */
export async function writeSnapshot(path: string, { head, facts }: FactSnapshot): Promise<void> {
  const beside = `${path}.new`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      const hash = createHash('sha256');
      for (const chunk of chunksOf(head, facts)) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

export async function readSnapshot(path: string): Promise<SnapshotOutcome> {
  let octets: Buffer;
  try {
    octets = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return { kind: 'none' };
    return { kind: 'damaged', why: error instanceof Error ? error.message : String(error) };
  }
  if (octets.length > FILE_OCTETS_MAX) return { kind: 'damaged', why: 'it is too large' };
  const end = octets.length - DIGEST_OCTETS;
  if (end < MAGIC.length || octets.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return { kind: 'damaged', why: 'it is no snapshot of this version' };
  }
  const digest = createHash('sha256').update(octets.subarray(0, end)).digest();
  if (!digest.equals(octets.subarray(end))) {
    return { kind: 'damaged', why: 'its checksum is not that of its content' };
  }
  return parse(octets.subarray(MAGIC.length, end));
}

function* chunksOf(head: Head, facts: FactSnapshot['facts']): Generator<Uint8Array> {
  let parts: Uint8Array[] = [Buffer.from(`${MAGIC}${JSON.stringify(head)}\n`)];
  let octets = 0;
  for (const [subject, data] of facts) {
    const name = Buffer.from(subject);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(name.length, 0);
    lengths.writeUInt32BE(data.length, 4);
    parts.push(lengths, name, data);
    octets += lengths.length + name.length + data.length;
    if (octets < CHUNK_OCTETS) continue;
    yield Buffer.concat(parts);
    parts = [];
    octets = 0;
  }
  yield Buffer.concat(parts);
}

/** The checksum was right, so what is odd here was written by another program. */
function parse(octets: Buffer): SnapshotOutcome {
  const line = octets.indexOf('\n');
  const head = headOf(octets.toString('utf8', 0, Math.max(line, 0)));
  if (head === undefined) return { kind: 'damaged', why: 'it does not say where in a log it is' };
  const facts = new Map<string, Uint8Array>();
  let at = line + 1;
  while (at < octets.length) {
    if (at + 8 > octets.length) return { kind: 'damaged', why: 'it ends within a fact' };
    const data = at + 8 + octets.readUInt32BE(at);
    const next = data + octets.readUInt32BE(at + 4);
    if (next > octets.length) return { kind: 'damaged', why: 'it ends within a fact' };
    facts.set(octets.toString('utf8', at + 8, data), octets.subarray(data, next));
    at = next;
  }
  return { kind: 'snapshot', snapshot: { head, facts } };
}

function headOf(text: string): Head | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    if (!('incarnation' in parsed) || !('position' in parsed)) return undefined;
    const { incarnation, position } = parsed;
    if (typeof incarnation !== 'string' || typeof position !== 'number') return undefined;
    const head = { incarnation, position };
    return 'mark' in parsed && typeof parsed.mark === 'string'
      ? { ...head, mark: parsed.mark }
      : head;
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
