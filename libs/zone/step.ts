/**
 * What one zone says to one question (RFC 1034 § 4.3.2, step 3): from the apex down, label by
 * label.
 *
 *   a cut ─► referral      DNAME above ─► alias      no such name ─► wildcard, or it does not exist
 *
 * Where an alias leads is the next step: zone-answer.ts.
 */
import { lowerName, nameToWire, parentName } from '../dns/name.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';
import { covering, type Proof, proofAt, proofsOf } from './proofs.ts';
import { rrsetOf, signaturesOf, type Zone, type ZoneName } from './zone.ts';

export interface ZoneQuestion {
  /** In the case that answers have. */
  readonly name: string;
  readonly type: string;
  /** Whether signatures and proofs are wanted (RFC 3225). */
  readonly dnssecOk: boolean;
}

interface Made {
  /** The owner of the wildcard that it was made of. */
  readonly wildcard?: string | undefined;
  /** NSECs that prove it. */
  readonly proofs: readonly RR[];
}

export type Step =
  /** `rrsets`: those asked for, of which additional records may be needed. */
  | (Made & {
      readonly kind: 'answer';
      readonly answer: readonly RR[];
      readonly rrsets: readonly RRset[];
    })
  | (Made & { readonly kind: 'alias'; readonly answer: readonly RR[]; readonly target: string })
  /** A DNAME makes a name of it that is too long (RFC 6672 § 2.2). */
  | { readonly kind: 'too-long'; readonly answer: readonly RR[] }
  | { readonly kind: 'referral'; readonly authority: readonly RR[]; readonly ns: RRset }
  /** `isEmpty`: the name exists by those below it alone. */
  | (Made & { readonly kind: 'nodata'; readonly isEmpty: boolean })
  | (Made & { readonly kind: 'nxdomain' });

/** The question's name must be in the zone. */
export function stepIn(zone: Zone, question: ZoneQuestion): Step {
  const name = lowerName(question.name);
  let encloser = zone.origin;
  for (const above of downTo(zone.origin, name)) {
    const at = zone.names.get(above);
    if (at === undefined) return notThere(zone, question, name, encloser);
    const ns = above === zone.origin ? undefined : rrsetOf(at, 'NS');
    // DS is the upper side's (RFC 4035 § 3.1.4.1).
    if (ns !== undefined && !(above === name && question.type === 'DS')) {
      return referral(zone, question, at, ns);
    }
    const dname = above === name ? undefined : rrsetOf(at, 'DNAME');
    if (dname !== undefined) return throughDname(question, above, at, dname);
    encloser = above;
  }
  const at = zone.names.get(name) ?? zone.apex;
  const nothing = () => [proofAt(at) ?? covering(zone, name)];
  return atName(question, at, { proofs: [] }, nothing);
}

/** Whether a name is not the zone's to say, since it is below a cut or a DNAME. */
export function isOccluded(zone: Zone, name: string): boolean {
  return downTo(zone.origin, name).some((above) => {
    const at = zone.names.get(above);
    if (at === undefined || above === name) return false;
    const isCut = above !== zone.origin && rrsetOf(at, 'NS') !== undefined;
    return isCut || rrsetOf(at, 'DNAME') !== undefined;
  });
}

/** The records of a set under a name, and their signatures where those are wanted. */
export function signedAs(
  at: ZoneName,
  rrset: RRset,
  name: string,
  { dnssecOk }: Pick<ZoneQuestion, 'dnssecOk'>,
): readonly RR[] {
  const signatures = dnssecOk ? signaturesOf(at, rrset.type) : undefined;
  return [rrset, ...(signatures === undefined ? [] : [signatures])].flatMap((one) =>
    recordsOf({ ...one, name }),
  );
}

/** From the apex to the name, both included. */
function downTo(origin: string, name: string): readonly string[] {
  const names: string[] = [];
  for (let at: string | undefined = name; at !== undefined && at !== origin; at = parentName(at)) {
    names.push(at);
  }
  names.push(origin);
  return names.reverse();
}

function notThere(zone: Zone, question: ZoneQuestion, name: string, encloser: string): Step {
  const wildcard = encloser === '.' ? '*.' : `*.${encloser}`;
  const at = zone.names.get(wildcard);
  if (at === undefined) {
    const nothing = () => [covering(zone, name), covering(zone, wildcard)];
    return { kind: 'nxdomain', proofs: proved(question, nothing) };
  }
  // The proof that nothing is closer goes with all that a wildcard says (RFC 4035 § 3.1.3.3).
  const closer = () => [covering(zone, name)];
  const made = { wildcard: at.name, proofs: proved(question, closer) };
  return atName(question, at, made, () => [proofAt(at) ?? covering(zone, wildcard), ...closer()]);
}

type Proofs = () => readonly (Proof | undefined)[];

function proved({ dnssecOk }: ZoneQuestion, proofs: Proofs): readonly RR[] {
  return dnssecOk ? proofsOf(proofs()) : [];
}

/** What a name has of a type; `nothing` proves that it has none. */
function atName(question: ZoneQuestion, at: ZoneName, made: Made, nothing: Proofs): Step {
  const { name, type } = question;
  const rrsets = typedAs(at, question);
  if (rrsets.length > 0) {
    const answer = rrsets.flatMap((rrset) => {
      return type === 'RRSIG' ? recordsOf({ ...rrset, name }) : signedAs(at, rrset, name, question);
    });
    return { kind: 'answer', answer, rrsets, ...made };
  }
  const cname = rrsetOf(at, 'CNAME');
  if (cname !== undefined) {
    const answer = signedAs(at, cname, name, question);
    return { kind: 'alias', answer, target: cname.rdatas[0] ?? '.', ...made };
  }
  const isEmpty = at.rrsets.length === 0 && made.wildcard === undefined;
  return { kind: 'nodata', isEmpty, wildcard: made.wildcard, proofs: proved(question, nothing) };
}

function typedAs(at: ZoneName, { type }: ZoneQuestion): readonly RRset[] {
  if (type === 'ANY') return at.rrsets;
  if (type === 'RRSIG') return at.signatures.map(({ rrset }) => rrset);
  const rrset = rrsetOf(at, type);
  return rrset === undefined ? [] : [rrset];
}

/** With DS, or the proof that there is none, as RFC 4035 § 3.1.4 wants it. */
function referral(zone: Zone, question: ZoneQuestion, at: ZoneName, ns: RRset): Step {
  const ds = question.dnssecOk ? rrsetOf(at, 'DS') : undefined;
  const isProved = question.dnssecOk && zone.chain.length > 0;
  const security = ds === undefined ? [] : signedAs(at, ds, ds.name, question);
  const insecurity = ds === undefined && isProved ? proofsOf([proofAt(at)]) : [];
  return { kind: 'referral', ns, authority: [...recordsOf(ns), ...security, ...insecurity] };
}

function throughDname(question: ZoneQuestion, owner: string, at: ZoneName, dname: RRset): Step {
  const target = dname.rdatas[0] ?? '.';
  const prefix = owner === '.' ? question.name : question.name.slice(0, -owner.length);
  const name = target === '.' ? prefix : prefix + target;
  const answer = signedAs(at, { ...dname, rdatas: [target] }, dname.name, question);
  if (!isName(name)) return { kind: 'too-long', answer };
  const cname = { name: question.name, type: 'CNAME', ttl: dname.ttl, rdata: name };
  return { kind: 'alias', answer: [...answer, cname], target: name, proofs: [] };
}

function isName(name: string): boolean {
  try {
    return nameToWire(name).length > 0;
  } catch {
    return false;
  }
}
