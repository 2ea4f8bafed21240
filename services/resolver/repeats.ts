/**
 * Directives that are in a server block twice, and say the same: CoreDNS takes these plugins so,
 * and an imported file may have what the file itself has. Two that say different things are
 * refused by the plugin: which of them counts would be an accident.
 */
import type { Directive } from '../../libs/corefile/corefile.ts';
import { sayingOfDirective } from '../../libs/corefile/digest.ts';

const REPEATABLE = [
  ...['any', 'autopath', 'bufsize', 'cancel', 'chaos', 'debug', 'dns64', 'header', 'health'],
  ...['loadbalance', 'local', 'minimal', 'reload', 'root', 'timeouts', 'whoami'],
];

/** Those of one plugin that count, in file order. */
export function withoutRepeats(directives: readonly Directive[]): readonly Directive[] {
  const [first, ...others] = directives;
  if (first === undefined || others.length === 0) return directives;
  if (!REPEATABLE.includes(first.name)) return directives;
  const saying = sayingOfDirective(first);
  return [first, ...others.filter((other) => sayingOfDirective(other) !== saying)];
}
