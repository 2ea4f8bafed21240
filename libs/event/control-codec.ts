/**
 * Events of the control log as they stand there: lines as in codec.ts, of kinds of their own.
 */
import { type DecodedLine, decodeLine, encodeLine } from './codec.ts';
import type { ControlEvent } from './control.ts';
import type { EnvelopeOf } from './event.ts';
import type { ClusterObject } from './object.ts';
import { type Json, readList, readNumber, readObject, readText } from './read.ts';
import { readClusterObject } from './read-object.ts';

export type ControlEnvelope = EnvelopeOf<ControlEvent>;

const WIRE_KINDS: Readonly<Record<ControlEvent['kind'], string>> = {
  'cluster-stale': 'ClusterStale',
  'cluster-lost': 'ClusterLost',
  'cluster-recovered': 'ClusterRecovered',
  drained: 'Drained',
  restored: 'Restored',
  pinned: 'Pinned',
  unpinned: 'Unpinned',
};

export function encodeControl({ event, ...rest }: ControlEnvelope): Uint8Array {
  const { kind, ...body } = event;
  return encodeLine(WIRE_KINDS[kind], rest, body);
}

export function decodeControl(data: Uint8Array): DecodedLine<ControlEvent> {
  return decodeLine(data, readControlEvent);
}

function readControlEvent(from: Json): ControlEvent | undefined {
  const wire = readText(from, 'kind');
  const kind = KINDS.find((one) => WIRE_KINDS[one] === wire);
  if (kind === undefined) return undefined;
  const cluster = readText(from, 'cluster');
  switch (kind) {
    case 'cluster-stale':
    case 'cluster-lost':
      return { kind, cluster, silentSeconds: readNumber(from, 'silentSeconds') };
    case 'cluster-recovered':
    case 'drained':
    case 'restored':
      return { kind, cluster };
    case 'pinned':
      return {
        kind,
        cluster,
        ...readName(from),
        at: readNumber(from, 'at'),
        objects: readList(from, 'objects', readPinned),
      };
    case 'unpinned':
      return { kind, cluster, ...readName(from) };
  }
}

const KINDS = [
  'cluster-stale',
  'cluster-lost',
  'cluster-recovered',
  'drained',
  'restored',
  'pinned',
  'unpinned',
] as const;

function readName(from: Json) {
  return { namespace: readText(from, 'namespace'), name: readText(from, 'name') };
}

function readPinned(item: unknown): ClusterObject {
  return readClusterObject(readObject(item, 'an object'));
}
