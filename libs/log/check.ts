/** What every adapter refuses before it stores anything: names and sizes that no log could hold. */
import {
  ENTRY_OCTETS_MAX,
  type Entry,
  MARK_TAIL,
  OUTDATED_MAX,
  type Outdated,
  type Position,
} from './log.ts';

/**
 * The control log of a federation stands beside those of its clusters, under a name that no cluster
 * can have.
 */
export const CONTROL_LOG = '_control';

export function checkClusterName(cluster: string): void {
  if (cluster !== CONTROL_LOG) checkLabel(`Cannot open the log of cluster "${cluster}"`, cluster);
}

/** Federations and clusters are tokens of subjects, parts of file names and labels of DNS names. */
export function checkLabel(attempt: string, name: string): void {
  if (isLabel(name)) return;
  throw new RangeError(
    `${attempt}: the name is no DNS label; expected at most 63 lower-case letters, digits and ` +
      'hyphens, with no hyphen at either end',
  );
}

export function isLabel(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

export function checkEntries(entries: readonly Entry[]): void {
  for (const { subject, data, forgets } of entries) {
    if (data.length > ENTRY_OCTETS_MAX) {
      throw new RangeError(
        `Cannot append "${subject}": its data has ${data.length} octets; ` +
          `expected at most ${ENTRY_OCTETS_MAX}`,
      );
    }
    if (forgets !== undefined && !subject.endsWith(MARK_TAIL)) {
      throw new RangeError(
        `Cannot mark what is forgotten as "${subject}": expected a subject that ends with ` +
          MARK_TAIL,
      );
    }
  }
}

/** `marked`: up to where a mark in the log says that something is forgotten. */
export function checkOutdated(outdated: readonly Outdated[], marked: Position): void {
  if (outdated.length > OUTDATED_MAX) {
    throw new RangeError(
      `Cannot forget ${outdated.length} subjects at once: expected at most ${OUTDATED_MAX}`,
    );
  }
  for (const { subject, position } of outdated) {
    if (position <= marked) continue;
    throw new RangeError(
      `Cannot forget "${subject}" up to ${position}: what is forgotten is marked up to ` +
        `${marked}; expected the mark first`,
    );
  }
}
