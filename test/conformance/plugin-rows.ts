/** What is asked of plugins that stand by themselves, and what they say. */
import type { Asking } from '../e2e/ask.ts';

export interface PluginRow {
  /** The directives of its server block. */
  readonly block: string;
  readonly question: string;
  readonly asking?: Asking;
  readonly said: string;
  /** What CoreDNS says where it is something else; the plugin's README says why. */
  readonly theirs?: string;
}

const WHOAMI: readonly PluginRow[] = [
  {
    block: 'whoami',
    question: 'Example.org A',
    said:
      'NOERROR aa | ADDITIONAL Example.org. 0 IN A 127.0.0.1, ' +
      '_udp.Example.org. 0 IN SRV 0 0 PORT .',
  },
  {
    block: 'whoami',
    question: 'example.org MX',
    asking: { transport: 'tcp' },
    said:
      'NOERROR aa | ADDITIONAL _tcp.example.org. 0 IN SRV 0 0 PORT ., ' +
      'example.org. 0 IN A 127.0.0.1',
  },
];

export const ROWS: readonly PluginRow[] = [...WHOAMI];
