/**
 * The properties that decide on the records of a cluster (HomeOptions): `kubernetes`, `kubernetai`
 * and `federation` have them all.
 *
 *   const reader = homeOptionsReader();
 *   readProperties(directive, { ...reader.properties, … });
 *   const home = reader.finish(directive);
 */
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  type PropertyReaders,
} from '../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../libs/corefile/configuration-error.ts';
import type { Directive, Property } from '../../../libs/corefile/corefile.ts';
import { type LabelSelector, parseLabelSelector } from '../../../libs/federation/label-selector.ts';
import { HOME_DEFAULTS, type HomeOptions, type PodMode } from '../../../libs/federation/layer.ts';

export interface HomeOptionsReader {
  readonly properties: PropertyReaders;
  /** What was read. Throws ConfigurationError for what does not go together. */
  finish(directive: Directive): HomeOptions;
}

/** Namespaces of one stanza, and words of one selector: far more than anyone writes by hand. */
const ARGUMENTS_MAX = 1000;
const POD_MODES: readonly PodMode[] = ['disabled', 'insecure', 'verified'];

export function homeOptionsReader(): HomeOptionsReader {
  let options: HomeOptions = HOME_DEFAULTS;
  const set = (changed: Partial<HomeOptions>) => {
    options = { ...options, ...changed };
  };
  const flag = (changed: Partial<HomeOptions>) => (property: Property) => {
    noArguments(property);
    set(changed);
  };
  const properties: PropertyReaders = {
    namespaces: (property) => {
      const more = argumentsOf(property, 'namespaces', 1, ARGUMENTS_MAX).map(({ text }) => text);
      set({ namespaces: new Set([...(options.namespaces ?? []), ...more]) });
    },
    namespace_labels: (property) => set({ namespaceLabels: readSelector(property) }),
    labels: (property) => set({ labels: readSelector(property) }),
    pods: (property) => set({ pods: readPodMode(property) }),
    endpoint_pod_names: flag({ endpointPodNames: true }),
    noendpoints: flag({ endpoints: false }),
    zonal: flag({ zonal: true }),
    ignore: (property) => {
      // CoreDNS takes it alone, and then ignores nothing.
      const [what] = argumentsOf(property, 'empty_service', 0, 1);
      if (what === undefined) return;
      if (what.text !== 'empty_service') {
        throw cannotRead(what, 'ignore value', 'unable to parse ignore value', 'empty_service');
      }
      set({ ignoreEmptyService: true });
    },
  };
  return {
    properties,
    finish: (directive) => {
      refuseTogether(directive, options);
      return options;
    },
  };
}

function readSelector(property: Property): LabelSelector {
  const words = argumentsOf(property, 'a label selector', 1, ARGUMENTS_MAX);
  const text = words.map((word) => word.text).join(' ');
  const parsed = parseLabelSelector(text);
  if (parsed.kind === 'selector') return parsed.selector;
  const { file, line, name } = property;
  const is = `unable to parse label selector value: ${parsed.why}`;
  throw cannotRead({ file, line, text }, name, is, 'it as in "app=web,tier in (a, b),!canary"');
}

function readPodMode(property: Property): PodMode {
  const token = oneArgument(property, POD_MODES.join(', '));
  const mode = POD_MODES.find((one) => one === token.text);
  if (mode !== undefined) return mode;
  throw cannotRead(token, 'pods', 'wrong value for pods', `one of ${POD_MODES.join(', ')}`);
}

function refuseTogether(directive: Directive, options: HomeOptions): void {
  const { namespaces, namespaceLabels, zonal, endpoints } = options;
  const together =
    namespaces !== undefined && namespaceLabels !== undefined
      ? 'namespaces and namespace_labels'
      : zonal && !endpoints
        ? 'zonal and noendpoints'
        : undefined;
  if (together === undefined) return;
  throw new ConfigurationError(
    directive,
    `Cannot use "${directive.name}": ${together} cannot both be set; expected one of them`,
  );
}
