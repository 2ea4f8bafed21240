/** What every adapter refuses before it stores anything: names and sizes that no log could hold. */
import { isClusterName } from '../event/subject.ts';
import { ENTRY_OCTETS_MAX, type Entry } from './log.ts';

export function checkClusterName(cluster: string): void {
  if (isClusterName(cluster)) return;
  throw new RangeError(
    `Cannot open the log of cluster "${cluster}": the name is no DNS label; expected at most ` +
      '63 lower-case letters, digits and hyphens, with no hyphen at either end',
  );
}

export function checkEntries(entries: readonly Entry[]): void {
  for (const { subject, data } of entries) {
    if (data.length <= ENTRY_OCTETS_MAX) continue;
    throw new RangeError(
      `Cannot append "${subject}": its data has ${data.length} octets; ` +
        `expected at most ${ENTRY_OCTETS_MAX}`,
    );
  }
}
