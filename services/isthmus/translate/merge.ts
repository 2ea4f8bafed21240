/**
 * What kube-dns's configuration says, into a Corefile that is there already. All that it does not
 * speak of stays as it is written; done twice, it changes nothing the second time.
 *
 *   upstreams     the servers of `forward .` in each server block of "."
 *   stub domain   those of its server block; a new one at the end where there is none
 *   federations   `federated` of the federation directive; see merge-federations.ts
 */
import type { Corefile, Directive, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { readZones } from '../../../libs/corefile/zone.ts';
import { absoluteName } from '../../../libs/dns/name.ts';
import { stubBlock } from './corefile-text.ts';
import { EditedText } from './edited-text.ts';
import { mergeFederations } from './merge-federations.ts';
import type { Forwarded, Forwarding } from './servers.ts';

export interface Merging {
  readonly file: string;
  readonly corefile: Corefile;
  readonly edited: EditedText;
  /** What the cluster is called, where federations need that. */
  readonly cluster: string;
  readonly remark: (text: string) => void;
}

/** `corefile`: what `text` says. */
export function merge(text: string, config: Forwarded, rest: Omit<Merging, 'edited'>): EditedText {
  const merging = { ...rest, edited: new EditedText(text) };
  if (config.upstream !== undefined) mergeUpstream(merging, config.upstream);
  for (const stub of config.stubDomains) mergeStub(merging, stub);
  mergeFederations(merging, config.federations);
  return merging.edited;
}

function mergeUpstream(merging: Merging, upstream: Forwarding): void {
  const blocks = blocksOf(merging, '.');
  if (blocks.length === 0) {
    merging.edited.append(stubBlock(upstream, { port: ':53', bind: [] }));
  }
  for (const block of blocks) setServers(merging, block, upstream);
}

function mergeStub(merging: Merging, stub: Forwarding): void {
  const zone = absoluteName(stub.zone);
  const blocks = blocksOf(merging, zone);
  for (const block of blocks) setServers(merging, block, stub);
  if (blocks.length > 0) return;
  if (clusterZones(merging).includes(zone)) {
    merging.remark(
      `The stub domain ${stub.zone} is left out: the Corefile serves it from the cluster.`,
    );
    return;
  }
  const [main] = blocksOf(merging, '.');
  const port = main?.keys.find((key) => key.zone === '.')?.port;
  const bind = (main?.directives ?? []).filter(({ name }) => name === 'bind').map(textOf);
  merging.edited.append(stubBlock(stub, { port: port === undefined ? '' : `:${port}`, bind }));
}

/** Of `forward` in the block; it must be on one line of the file itself. */
function setServers(merging: Merging, block: ServerBlock, { zone, servers }: Forwarding): void {
  const { edited, file, remark } = merging;
  const wanted = servers.join(' ');
  const whose = zone === '.' ? 'The upstreams' : `The servers of ${zone}`;
  const all = block.directives.filter(({ name }) => name === 'forward');
  const forward = all.find(({ args: [from] }) => takes(from?.text, zone));
  if (forward === undefined) {
    const place = `${block.file}:${block.line}`;
    remark(`${whose} are left out: the server block at ${place} has no forward for them.`);
    return;
  }
  const place = `${forward.file}:${forward.line}`;
  const [, head, , tail = ''] =
    /^(\s*forward\s+[^\s{#"]+)((?:\s+[^\s{#"]+)+)((?:\s+\{[^#"]*)?\s*(?:#.*)?)$/.exec(
      edited.line(forward.line),
    ) ?? [];
  const current = forward.args.slice(1).map(({ text }) => text);
  if (current.join(' ') === wanted) return;
  if (forward.file !== file || head === undefined) {
    remark(`${whose} are not set: ${place} is not for this to change; write there ${wanted}.`);
    return;
  }
  edited.replace(forward.line, [`${head} ${wanted}${tail}`]);
}

function takes(from: string | undefined, zone: string): boolean {
  return from === '.' || (from !== undefined && absoluteName(from) === absoluteName(zone));
}

/** Server blocks of a zone that anybody may ask over plain DNS. */
function blocksOf({ corefile }: Merging, zone: string): readonly ServerBlock[] {
  return corefile.blocks.filter(({ keys }) =>
    keys.some((key) => key.zone === zone && key.scheme === 'dns'),
  );
}

function clusterZones({ corefile }: Merging): readonly string[] {
  const sources = corefile.blocks.flatMap(({ directives }) =>
    directives.filter(({ name }) => ['kubernetes', 'kubernetai', 'federation'].includes(name)),
  );
  return sources.flatMap(({ args }) => args.flatMap((token) => readZones(token)));
}

function textOf({ name, args }: Directive): string {
  return [name, ...args.map(({ text }) => (/^[^\s"#]+$/.test(text) ? text : `"${text}"`))].join(
    ' ',
  );
}
