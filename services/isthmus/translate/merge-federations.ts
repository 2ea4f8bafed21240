/**
 * Federations of kube-dns into a Corefile: `federated` of its federation directive. A `kubernetes`
 * directive becomes one, where `federation` has all that it says.
 */
import type { Directive, Property, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { readZones } from '../../../libs/corefile/zone.ts';
import { federatedLines, federationLines } from './corefile-text.ts';
import type { Merging } from './merging.ts';

/** Properties that mean the same in both. */
const SHARED = [
  ...['pods', 'namespaces', 'namespace_labels', 'labels', 'endpoint_pod_names', 'noendpoints'],
  ...['zonal', 'ignore', 'ttl', 'fallthrough'],
];

/** For who turns a cluster's server into one of a federation. */
export const RIGHTS =
  'For federations the nodes of the cluster are watched, and what it exports: the service ' +
  'account needs the rights of deploy/kubernetes/rbac.yaml.';

export function mergeFederations(merging: Merging, federations: ReadonlyMap<string, string>): void {
  if (federations.size === 0) return;
  const all = merging.corefile.blocks.flatMap((block) =>
    block.directives.map((directive) => ({ block, directive })),
  );
  const [own] = all.filter(({ directive }) => directive.name === 'federation');
  const [stanza, second] = all.filter(({ directive }) =>
    ['kubernetes', 'kubernetai'].includes(directive.name),
  );
  if (own !== undefined) setFederated(merging, own.directive, federations);
  else if (stanza !== undefined) {
    const wrong =
      second === undefined
        ? whyNotFederation(merging, stanza.block, stanza.directive)
        : 'several clusters are served';
    if (wrong === undefined) {
      becomeFederation(merging, stanza.directive, federations);
      merging.remark(RIGHTS);
    } else {
      const place = `${stanza.directive.file}:${stanza.directive.line}`;
      merging.remark(
        `Federations are left out: ${place} can't become a federation directive: ${wrong}.`,
      );
    }
  } else {
    merging.remark('Federations are left out: the Corefile serves no cluster.');
  }
}

function setFederated(
  { file, edited, remark }: Merging,
  directive: Directive,
  federations: ReadonlyMap<string, string>,
): void {
  const block = directive.block ?? [];
  const indent = indentIn(edited.line(block[0]?.line ?? 0));
  const missing = new Map<string, string>();
  for (const [name, domain] of federations) {
    const known = block.find((one) => one.name === 'federated' && one.args[0]?.text === name);
    if (known === undefined) missing.set(name, domain);
    else if (known.args[1]?.text !== domain) {
      const line = edited.line(known.line);
      const isOurs = known.file === file && /^\s*federated\s+\S+\s+\S+\s*$/.test(line);
      const wanted = `federated ${name} ${domain}`;
      if (isOurs) edited.replace(known.line, [indentIn(line) + wanted]);
      else remark(`The federation ${name} is not set: write "${wanted}" at line ${known.line}.`);
    }
  }
  const opens = opensAt(edited.line(directive.line), directive);
  if (missing.size === 0) return;
  const lines = federatedLines(missing);
  if (directive.file === file && opens) {
    edited.insertAfter(
      directive.line,
      lines.map((line) => indent + line),
    );
  } else remark(`Federations are not set: write ${lines.map((line) => `"${line}"`).join(', ')}.`);
}

/** What speaks against it; undefined: nothing does. */
function whyNotFederation(
  { file, edited }: Merging,
  { keys, directives }: ServerBlock,
  stanza: Directive,
): string | undefined {
  if (stanza.name !== 'kubernetes') return 'several clusters are served';
  if (stanza.file !== file) return 'it is in another file';
  const line = edited.line(stanza.line);
  const isPlain = /^\s*kubernetes(\s+[^\s"#{}]+)*\s*\{?\s*$/.test(line);
  if (!isPlain || (stanza.block !== undefined) !== line.trimEnd().endsWith('{')) {
    return 'it has more on its line than its zones';
  }
  const named = stanza.args.flatMap((token) => readZones(token));
  const zones = named.length > 0 ? named : keys.map(({ zone }) => zone);
  const forward = zones.filter((zone) => !/(^|\.)(in-addr|ip6)\.arpa\.$/.test(zone));
  if (forward.length !== 1 || forward[0] === '.') return 'it has not one zone of a cluster';
  const asked = directives.find(({ args }) => args.some(({ text }) => text === '@kubernetes'));
  if (asked !== undefined) return `${asked.name} at line ${asked.line} asks for @kubernetes`;
  const external = directives.find(({ name }) => name === 'k8s_external');
  if (external !== undefined) return `k8s_external at line ${external.line} is beside it`;
  const other = (stanza.block ?? []).find(({ name }) => ![...SHARED, 'kubeconfig'].includes(name));
  return other && `federation has no ${other.name}`;
}

function becomeFederation(
  { edited, cluster }: Merging,
  stanza: Directive,
  federations: ReadonlyMap<string, string>,
): void {
  const line = edited.line(stanza.line);
  const block = stanza.block ?? [];
  const kubeconfigs = block.filter(({ name }) => name === 'kubeconfig');
  const indent = indentIn(edited.line(block[0]?.line ?? 0)) || `${indentIn(line)}    `;
  const source = sourceOf(kubeconfigs.at(-1), cluster);
  const lines = federationLines(source, cluster, federations).map((one) => indent + one);
  const head = line.replace('kubernetes', 'federation').trimEnd();
  if (stanza.block === undefined) {
    edited.replace(stanza.line, [`${head} {`, ...lines, `${indentIn(line)}}`]);
    return;
  }
  edited.replace(stanza.line, [head, ...lines]);
  for (const kubeconfig of kubeconfigs) edited.replace(kubeconfig.line, []);
}

function sourceOf(kubeconfig: Property | undefined, cluster: string): string {
  if (kubeconfig === undefined) return `cluster ${cluster} in_cluster`;
  const words = kubeconfig.args.map(({ text }) => (/^[^\s"#]+$/.test(text) ? text : `"${text}"`));
  return ['cluster', cluster, 'kubeconfig', ...words].join(' ');
}

function opensAt(line: string, { block }: Directive): boolean {
  return block !== undefined && line.replace(/#.*/, '').trimEnd().endsWith('{');
}

function indentIn(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? '';
}
