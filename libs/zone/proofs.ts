/** NSECs that prove what a signed zone denies (RFC 4035 § 3.1.3). */
import type { RR, RRset } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';
import { linkBefore, rrsetOf, signaturesOf, type Zone, type ZoneName } from './zone.ts';

/** An owner of NSEC. */
export type Proof = ZoneName;

/** The NSEC of a name says what types it has. Undefined: it has none, since it is empty. */
export function proofAt(at: ZoneName): Proof | undefined {
  return rrsetOf(at, 'NSEC') === undefined ? undefined : at;
}

/** The NSEC that says that nothing is between its owner and a name beyond. */
export function covering(zone: Zone, name: string): Proof | undefined {
  return zone.chain.length === 0 ? undefined : linkBefore(zone, name);
}

/** Their records, with signatures, each once. */
export function proofsOf(proofs: readonly (Proof | undefined)[]): readonly RR[] {
  const known = new Set(proofs.filter((proof) => proof !== undefined));
  return [...known].flatMap((at) => {
    const sets = [rrsetOf(at, 'NSEC'), signaturesOf(at, 'NSEC')];
    return sets.filter((rrset): rrset is RRset => rrset !== undefined).flatMap(recordsOf);
  });
}
