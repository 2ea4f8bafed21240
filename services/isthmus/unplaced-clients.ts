/** Whether it can be told where clients are, where it counts what is nearest to them. */
import { hasPerClient } from '../../libs/federation/selection.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';

type Options = Pick<FederationOptions, 'file' | 'line' | 'homeOptions' | 'many'>;

/** The Corefile selects what is nearest, and says of nobody where he is. */
export function placesByPods({ many: { rules, networks } }: Pick<Options, 'many'>): boolean {
  return hasPerClient(rules) && networks.size === 0;
}

/**
 * Why `nearest` says little, where that is so. `isShared`: watchers elsewhere may know pods;
 * whether they do is told when they are synced.
 */
export function unplacedClients(options: Options, isShared: boolean): string | undefined {
  const { file, line, homeOptions } = options;
  if (!placesByPods(options) || homeOptions.pods === 'verified' || isShared) return undefined;
  return (
    `${file}:${line}: nearest is known of nodes alone: no pods are known; ` +
    'expected pods verified, or client NETWORK...'
  );
}
