/**
 * What a zone says, as RFC 1034 § 4.3.2, RFC 4592 and RFC 6672 define it: from a list of records,
 * looked through again for each question. Slow and plain, for tests to compare with.
 */
import type { RR } from '../dns/rrset.ts';

export interface Verdict {
  readonly kind: 'answer' | 'alias' | 'referral' | 'nodata' | 'nxdomain';
  /** `TYPE RDATA` of what is answered, or of the NS of a referral, in order of text. */
  readonly says: readonly string[];
  readonly target?: string | undefined;
  readonly wildcard?: string | undefined;
  /** Of a denial: the longest name above that exists. */
  readonly encloser?: string;
}

/** Names in lower case; the name is in the zone. */
export function verdictOf(
  records: readonly RR[],
  origin: string,
  name: string,
  type: string,
): Verdict {
  const has = (owner: string, wanted: string) =>
    records.filter((rr) => rr.name === owner && (rr.type === wanted || wanted === 'ANY'));
  const exists = (owner: string) =>
    records.some((rr) => rr.name === owner || rr.name.endsWith(`.${owner}`));

  for (const above of pathTo(origin, name)) {
    const isCut = above !== origin && has(above, 'NS').length > 0;
    if (isCut && !(above === name && type === 'DS')) {
      return { kind: 'referral', says: texts(has(above, 'NS')) };
    }
    const [dname] = has(above, 'DNAME');
    if (above !== name && dname !== undefined) {
      const target = name.slice(0, -above.length) + dname.rdata;
      return { kind: 'alias', says: [...texts([dname]), `CNAME ${target}`].sort(), target };
    }
  }
  if (exists(name)) return dataAt(name);
  const encloser = pathTo(origin, name).findLast(exists) ?? origin;
  if (!exists(`*.${encloser}`)) return { kind: 'nxdomain', says: [], encloser };
  return { ...dataAt(`*.${encloser}`), wildcard: `*.${encloser}`, encloser };

  function dataAt(owner: string): Verdict {
    const found = has(owner, type);
    if (found.length > 0) return { kind: 'answer', says: texts(found) };
    const [cname] = has(owner, 'CNAME');
    if (cname === undefined) return { kind: 'nodata', says: [] };
    return { kind: 'alias', says: texts([cname]), target: cname.rdata };
  }
}

/** From the apex down. */
function pathTo(origin: string, name: string): readonly string[] {
  const labels = name.slice(0, -origin.length).split('.').slice(0, -1);
  const below = labels.map((_, i) => `${labels.slice(i).join('.')}.${origin}`);
  return [origin, ...below.reverse()];
}

function texts(records: readonly RR[]): readonly string[] {
  return records.map(({ type, rdata }) => `${type} ${rdata}`).sort();
}
