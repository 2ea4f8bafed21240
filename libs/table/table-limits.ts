/** What the table has no room for by its layout; to ask for it is a defect of the caller. */
import { isWithin } from '../dns/name.ts';
import {
  ARENA_BASE,
  GROUPS_MAX,
  MEMORY_OCTETS_MAX,
  NO_ZONE,
  VIEWS_MAX,
  ZONES_MAX,
} from './layout.ts';
import type { TableAnswer, TableZone } from './table-answer.ts';

/** Types of one name: eight bits of the meta word. */
export const TYPES_MAX = 255;

/** Of a table's answers. */
export function checkOctets(octets: number): void {
  if (Number.isInteger(octets) && octets >= 0 && ARENA_BASE + octets <= MEMORY_OCTETS_MAX) return;
  throw new RangeError(
    `Cannot create a table of "${octets}" octets: it is no size for one; ` +
      `expected at most ${MEMORY_OCTETS_MAX - ARENA_BASE}`,
  );
}

/** `apex`: of the zone, if that is set. */
export function checkPut(
  name: string,
  view: number,
  zone: number,
  apex: string | undefined,
  answers: readonly TableAnswer[],
): void {
  checkView(view);
  if (apex === undefined) {
    throw new RangeError(`Cannot put into zone "${zone}": it is not set; expected setZone before`);
  }
  if (!isPlainlyWithin(name, apex) && !isWithin(name, apex)) {
    throw new RangeError(`Cannot put "${name}": it is outside of its zone; expected below ${apex}`);
  }
  if (answers.length > TYPES_MAX) {
    throw new RangeError(
      `Cannot put "${answers.length}" types: too many; expected at most ${TYPES_MAX}`,
    );
  }
}

/** Without a new string; false does not yet say that it is outside. */
function isPlainlyWithin(name: string, apex: string): boolean {
  const at = name.length - apex.length;
  return at > 1 && name[at - 1] === '.' && name[at - 2] !== '\\' && name.endsWith(apex);
}

export function checkKept(view: number, group: number, { type, cached }: TableAnswer): void {
  checkView(view);
  checkGroup(group);
  if (cached === undefined) {
    throw new RangeError(
      `Cannot keep the answer "${type}": it has no times; expected when it was said and expires`,
    );
  }
}

export function checkZone(id: number, { group = 0 }: TableZone): void {
  checkGroup(group);
  if (Number.isInteger(id) && id > NO_ZONE && id < ZONES_MAX) return;
  throw new RangeError(`Cannot set the zone "${id}": no such id; expected 1 to ${ZONES_MAX - 1}`);
}

function checkView(view: number): void {
  if (Number.isInteger(view) && view >= 0 && view < VIEWS_MAX) return;
  throw new RangeError(`Cannot put into view "${view}": no such view; expected below ${VIEWS_MAX}`);
}

function checkGroup(group: number): void {
  if (Number.isInteger(group) && group >= 0 && group < GROUPS_MAX) return;
  throw new RangeError(
    `Cannot count by the group "${group}": no such group; expected below ${GROUPS_MAX}`,
  );
}
