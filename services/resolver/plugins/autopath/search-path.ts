/** The names that a client asks for, one after the other, by its search path. */
import { isWithin, lowerName, NAME_OCTETS_MAX, nameToWire } from '../../../../libs/dns/name.ts';

/** Names asked for one query: the 32 elements that Kubernetes lets a pod have, and the bare one. */
export const NAMES_MAX = 33;

/**
 * For a name (in the client's case) below the first element of its search path: the name itself,
 * then what is above that element with each of the others, then that alone. None for other names,
 * and for the element itself: there is nothing that a client could have searched for. Elements are
 * lower-case and absolute; names that are too long to exist are left out.
 */
export function namesToAsk(asked: string, path: readonly string[]): readonly string[] {
  const [first] = path;
  const name = lowerName(asked);
  if (first === undefined || first === '.' || first === name || !isWithin(name, first)) return [];
  const base = asked.slice(0, asked.length - first.length);
  const others = new Set(path.filter((element) => element !== '.' && element !== first));
  const names = [...others].filter((other) => fits(base, other)).map((other) => base + other);
  return [asked, ...names.slice(0, NAMES_MAX - 2), base];
}

/** Escapes only make text longer than what they stand for. Both end with the root's octet. */
function fits(base: string, element: string): boolean {
  return (
    base.length + element.length < NAME_OCTETS_MAX ||
    nameToWire(base).length + nameToWire(element).length - 1 <= NAME_OCTETS_MAX
  );
}
