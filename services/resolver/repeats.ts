/**
 * Directives that are in a server block more than once. CoreDNS takes some plugins so: an imported
 * file may have what the file itself has. Which of them count is CoreDNS's, and `isthmus check`
 * says which do not; plugins of which all count put them together themselves.
 */
import type { Directive } from '../../libs/corefile/corefile.ts';
import { sayingOfDirective } from '../../libs/corefile/digest.ts';

const FIRST_COUNTS = ['bufsize', 'chaos', 'reload'];
const LAST_COUNTS = ['cancel', 'root', 'tls'];
/** What is said again says nothing more. */
const SAID_ONCE = [
  ...['any', 'autopath', 'debug', 'dns64', 'header', 'health', 'k8s_external', 'loadbalance'],
  ...['local', 'minimal', 'timeouts', 'whoami'],
];

/** Those of one plugin that count, in file order. */
export function withoutRepeats(directives: readonly Directive[]): readonly Directive[] {
  const [first] = directives;
  if (first === undefined) return directives;
  if (FIRST_COUNTS.includes(first.name)) return directives.slice(0, 1);
  if (LAST_COUNTS.includes(first.name)) return directives.slice(-1);
  if (!SAID_ONCE.includes(first.name)) return directives;
  // The last one of those that say the same: it has the last word on what others say as well.
  const sayings = directives.map(sayingOfDirective);
  return directives.filter((_, i) => !sayings.includes(sayings[i] ?? '', i + 1));
}
