/** Whether what Isthmus hands out of a zone is what its queries get: neither more nor less. */
import { labelsOf, lowerName } from '../../libs/dns/name.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { inFlight } from './in-flight.ts';
import { plain } from './questions.ts';
import type { Compared } from './servers.ts';
import { multiclusterZonesOf, type Variant } from './variant.ts';

/** Types that names of a world have. */
const TYPES = ['A', 'AAAA', 'SRV', 'PTR', 'TXT', 'CNAME'] as const;

/** A line for each record that is handed out, and not so answered. */
export async function unlikeAnswers(
  records: readonly RR[],
  ours: Compared,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const sets = Map.groupBy(records.slice(0, -1), ({ name, type }) => `${lowerName(name)} ${type}`);
  await inFlight([...sets.values()], async (set) => {
    const [first] = set;
    if (first === undefined || first.type === 'SOA') return;
    const answered = (await answerTo(ours, first.name, first.type)).map(formatRecord);
    const given = set.map(formatRecord);
    for (const line of answered) if (!given.includes(line)) lines.push(`- ${line} (asked)`);
    for (const line of given) if (!answered.includes(line)) lines.push(`+ ${line} (asked)`);
  });
  return lines;
}

/** A line for each record that these names of the zone are answered with, and is not handed out. */
export async function heldBack(
  names: readonly string[],
  zone: string,
  records: readonly RR[],
  ours: Compared,
  variant: Variant,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const given = new Set(records.map(formatRecord));
  const stored = names.filter((name) => !isMadeWhenAsked(name, zone, variant));
  await inFlight(stored, async (name) => {
    for (const type of TYPES) {
      for (const record of await answerTo(ours, name, type)) {
        const isOwn = lowerName(record.name) === name;
        if (isOwn && !given.has(formatRecord(record))) lines.push(`- ${formatRecord(record)}`);
      }
    }
  });
  return lines;
}

async function answerTo(ours: Compared, name: string, type: string): Promise<readonly RR[]> {
  const asked = plain(name, type);
  const reply = await ours.ask(asked);
  const isWhole = reply.kind === 'message' && !reply.message.flags.truncated;
  const whole = isWhole ? reply : await ours.ask({ ...asked, transport: 'tcp' });
  return whole.kind === 'message' ? whole.message.answer : [];
}

/** Spellings without underscores, names of topology zones, and of pods that nobody verifies. */
function isMadeWhenAsked(name: string, zone: string, variant: Variant): boolean {
  const labels = labelsOf(name).slice(0, -labelsOf(zone).length);
  const [kind, below] = [labels.at(-1), labels.slice(0, -3)];
  if (kind === 'pod') return variant.pods === 'insecure' || below.length > 0;
  if (kind !== 'svc') return false;
  if (below.at(-1) === '_zone') return true;
  const underscores = below.filter((label) => label.startsWith('_')).length;
  const isImported = multiclusterZonesOf(variant).includes(zone);
  return below.length === 2 && underscores < 2 && !(isImported && underscores === 0);
}
