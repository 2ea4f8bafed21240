/**
 * What kube-dns's configuration says, into a Corefile that is there already. All that it does not
 * speak of stays as it is written; done twice, it changes nothing the second time.
 *
 *   upstreams     the servers of `forward .` in each server block of "."
 *   stub domain   those of its server block; a new one at the end where there is none
 *   federations   `federated` of the federation directive; see merge-federations.ts
 */
import type { Directive, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { readZones } from '../../../libs/corefile/zone.ts';
import { absoluteName } from '../../../libs/dns/name.ts';
import { stubBlock } from './corefile-text.ts';
import { EditedText } from './edited-text.ts';
import { mergeFederations } from './merge-federations.ts';
import type { Merging } from './merging.ts';
import type { Forwarded, Forwarding } from './servers.ts';

/** `corefile`: what `text` says. */
export function merge(
  text: string,
  config: Forwarded,
  rest: Omit<Merging, 'edited' | 'wanted'>,
): EditedText {
  const all = [...(config.upstream === undefined ? [] : [config.upstream]), ...config.stubDomains];
  const wanted = new Map(all.map(({ zone, servers }) => [absoluteName(zone), servers.join(' ')]));
  const merging = { ...rest, wanted, edited: new EditedText(text) };
  if (config.upstream !== undefined) mergeUpstream(merging, config.upstream);
  for (const stub of config.stubDomains) mergeStub(merging, stub);
  mergeFederations(merging, config.federations);
  return merging.edited;
}

function mergeUpstream(merging: Merging, upstream: Forwarding): void {
  const blocks = blocksOf(merging, '.');
  if (blocks.length === 0) {
    append(merging, upstream, { port: ':53', bind: [] });
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
  append(merging, stub, { port: port === undefined ? '' : `:${port}`, bind });
}

function append(
  { edited, corefile, remark }: Merging,
  forwarding: Forwarding,
  where: Parameters<typeof stubBlock>[1],
): void {
  const last = corefile.blocks.at(-1);
  if (last?.hasNoBraces !== true) {
    edited.append(stubBlock(forwarding, where));
    return;
  }
  const is = `the server block at ${last.file}:${last.line} has no braces, so all below is its own`;
  remark(`${whose(forwarding)} are left out: ${is}.`);
}

function whose({ zone }: Forwarding): string {
  return zone === '.' ? 'The upstreams' : `The servers of ${zone}`;
}

/** Of `forward` in the block; it must be on one line of the file itself, and of nobody else. */
function setServers(merging: Merging, block: ServerBlock, forwarding: Forwarding): void {
  const { edited, file, remark } = merging;
  const { zone, servers } = forwarding;
  const wanted = servers.join(' ');
  const all = block.directives.filter(({ name }) => name === 'forward');
  const forward = all.find(({ args: [from] }) => takes(from?.text, zone));
  if (forward === undefined) {
    const is = `the server block at ${block.file}:${block.line} has no forward for them`;
    remark(`${whose(forwarding)} are left out: ${is}.`);
    return;
  }
  const place = `${forward.file}:${forward.line}`;
  const [, head, , tail = ''] =
    /^(\s*forward\s+[^\s{#"]+)((?:\s+[^\s{#"]+)+)((?:\s+\{[^#"]*)?\s*(?:#.*)?)$/.exec(
      edited.line(forward.line),
    ) ?? [];
  const current = forward.args.slice(1).map(({ text }) => text);
  if (current.join(' ') === wanted) return;
  const notSet = (is: string) =>
    remark(`${whose(forwarding)} are not set: ${place} is ${is}; write there ${wanted}.`);
  if (forward.file !== file || head === undefined) {
    notSet('not for this to change');
    return;
  }
  const other = othersAt(merging, forward).find((one) => merging.wanted.get(one) !== wanted);
  if (other !== undefined) {
    notSet(`for ${other} as well`);
    return;
  }
  if (current.some((text) => /^(tls|https):/.test(text))) {
    remark(`${whose(forwarding)} were asked over TLS at ${place}, and are asked in the clear now.`);
  }
  edited.replace(forward.line, [`${head} ${wanted}${tail}`]);
}

/** Zones that a line asks for: of several keys, or of several server blocks that import it. */
function othersAt({ corefile }: Merging, { file, line }: Directive): readonly string[] {
  return corefile.blocks
    .filter(({ directives }) => directives.some((one) => one.file === file && one.line === line))
    .flatMap(({ keys }) => keys.map(({ zone }) => zone));
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
