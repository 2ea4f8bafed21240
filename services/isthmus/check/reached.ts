/** Server blocks that questions do not come to. */
import { isWithin } from '../../../libs/dns/name.ts';
import type { Listener } from '../../resolver/block.ts';
import type { CheckedBlock } from './checked-block.ts';
import type { Surprise } from './surprise.ts';

export function unreached(
  one: CheckedBlock,
  all: readonly CheckedBlock[],
  dnsPort: number,
): readonly Surprise[] {
  const hidden = [...onPortNobodyAsks(one, all, dnsPort), ...hiddenByAddress(one, all)];
  return hidden.length > 0 ? hidden : namesOfNoBlock(one, all);
}

/** A zone at a port of its own, below one that is served where clients ask. */
function onPortNobodyAsks(
  { source, block, listeners }: CheckedBlock,
  all: readonly CheckedBlock[],
  dnsPort: number,
): readonly Surprise[] {
  const usual = listenersOf(all).filter((one) => one.port === dnsPort && schemeOf(one) === 'dns');
  return source.keys.flatMap((key) => {
    const { scheme, zone, port = dnsPort } = key;
    if (scheme !== 'dns' || port === dnsPort || zone === '.') return [];
    const isElsewhere = usual.some(({ blocks }) => blocks.has(zone));
    const above = usual
      .flatMap(({ blocks }) => [...blocks])
      .filter(
        ([other, blocks]) => other !== zone && isWithin(zone, other) && !blocks.includes(block),
      )
      .sort(([a], [b]) => b.length - a.length)[0];
    if (isElsewhere || above === undefined || listeners.length === 0) return [];
    const line = lineOf(all, above[1][0]);
    const text = `questions for ${zone} at port ${dnsPort} go to the server block of line ${line}`;
    return [{ at: key, text: `${text}: only who asks port ${port} comes here` }];
  });
}

/** Who listens on one address takes all that is sent there from who listens on all of them. */
function hiddenByAddress(
  { source, listeners }: CheckedBlock,
  all: readonly CheckedBlock[],
): readonly Surprise[] {
  const at = source.directives.find(({ name }) => name === 'bind') ?? source;
  for (const own of listeners) {
    if (own.host === '') continue;
    const wide = listenersOf(all).find(
      (one) => one.host === '' && one.port === own.port && schemeOf(one) === schemeOf(own),
    );
    const lost = [...(wide?.blocks ?? [])].find(([zone]) => !own.blocks.has(zone));
    if (wide === undefined || lost === undefined) continue;
    const [zone, [hidden]] = lost;
    const text = `${own.server} has server blocks of its own, and none of them serves "${zone}"`;
    const line = lineOf(all, hidden);
    return [{ at, text: `${text}: that of line ${line}, on all addresses, is not asked there` }];
  }
  return [];
}

/** Told once a listener, at its first server block. */
function namesOfNoBlock(
  { source, listeners }: CheckedBlock,
  all: readonly CheckedBlock[],
): readonly Surprise[] {
  return listeners.flatMap((listener) => {
    const isFirst = all.find((other) => other.listeners.includes(listener))?.source === source;
    if (!isFirst || listener.blocks.has('.')) return [];
    const [some] = listener.blocks.keys();
    const more = listener.blocks.size - 1;
    const rest = more === 0 ? '' : ` and ${more} more ${more === 1 ? 'zone' : 'zones'}`;
    const text = `${listener.server} serves ${some}${rest}, and refuses all other names`;
    return [{ at: source, text: `${text}: no server block there is for "."` }];
  });
}

function schemeOf({ server }: Listener): string {
  return server.slice(0, server.indexOf(':'));
}

function listenersOf(all: readonly CheckedBlock[]): readonly Listener[] {
  return [...new Set(all.flatMap(({ listeners }) => listeners))];
}

function lineOf(all: readonly CheckedBlock[], block: CheckedBlock['block'] | undefined): string {
  return String(all.find((one) => one.block === block)?.source.line ?? '?');
}
