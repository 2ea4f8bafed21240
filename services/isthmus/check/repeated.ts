/** What is said twice and counts once, and keys that are not what they look like. */
import { domainToASCII } from 'node:url';
import type { Directive, ServerBlock } from '../../../libs/corefile/corefile.ts';
import { sayingOfDirective } from '../../../libs/corefile/digest.ts';
import { readZones } from '../../../libs/corefile/zone.ts';
import { parseAddress } from '../../../libs/dns/address.ts';
import { isWithin } from '../../../libs/dns/name.ts';
import { withoutRepeats } from '../../resolver/repeats.ts';
import type { Surprise } from './surprise.ts';

/** Properties of which the last one counts. */
const KUBERNETES = ['endpoint', 'kubeconfig', 'pods', 'startup_timeout', 'tls', 'ttl'];
const ONCE: Readonly<Record<string, readonly string[]>> = {
  kubernetes: KUBERNETES,
  kubernetai: KUBERNETES,
  federation: ['across', 'clusterset', 'home', 'liveness', 'pods', 'qualified', 'stale', 'ttl'],
  forward: ['health_check', 'max_concurrent', 'max_fails', 'policy'],
};

export function repeated({ directives }: ServerBlock): readonly Surprise[] {
  const properties = directives.flatMap(repeatedProperties);
  const forwards = directives.filter(({ name }) => name === 'forward');
  const idle = forwards.flatMap((later, i): readonly Surprise[] => {
    const earlier = forwards.slice(0, i).find((one) => takesAllOf(one, later));
    if (earlier === undefined) return [];
    const text = `this forward is never asked: that of line ${earlier.line} takes all of its names`;
    return [{ at: later, text }];
  });
  return [...properties, ...idle, ...notCounting(directives)];
}

/** Of plugins that take several directives. */
function notCounting(directives: readonly Directive[]): readonly Surprise[] {
  return [...Map.groupBy(directives, ({ name }) => name).values()].flatMap((all) => {
    const counting = withoutRepeats(all);
    return all
      .filter((one) => !counting.includes(one))
      .map((at) => {
        const same = counting.find((one) => sayingOfDirective(one) === sayingOfDirective(at));
        const does = same === undefined ? 'does' : 'says the same';
        const line = (same ?? counting[0])?.line;
        return { at, text: `this ${at.name} does not count: line ${line} ${does}` };
      });
  });
}

function repeatedProperties({ name, block = [] }: Directive): readonly Surprise[] {
  return (ONCE[name] ?? []).flatMap((property) => {
    const all = block.filter((one) => one.name === property);
    const last = all.at(-1);
    return all.slice(0, -1).map((at) => ({
      at,
      text: `this ${property} of ${name} does not count: line ${last?.line} says it again`,
    }));
  });
}

function takesAllOf(earlier: Directive, later: Directive): boolean {
  const from = zonesOf(earlier);
  const hasExcept = earlier.block?.some(({ name }) => name === 'except') === true;
  return !hasExcept && zonesOf(later).every((zone) => from.some((one) => isWithin(zone, one)));
}

function zonesOf({ args: [from] }: Directive): readonly string[] {
  return from === undefined ? [] : readZones(from);
}

export function oddKeys({ keys }: ServerBlock): readonly Surprise[] {
  return keys.flatMap((key): readonly Surprise[] => {
    const name = key.zone.slice(0, -1);
    if (name.includes(',')) {
      return [{ at: key, text: `"${key.text}" is one zone: keys are told apart by blanks` }];
    }
    if (/\s/.test(name)) {
      return [{ at: key, text: `"${key.text}" is one zone: a value with blanks stays one word` }];
    }
    const ascii = domainToASCII(name);
    if (/[^\p{ASCII}]/u.test(name)) {
      const text = `"${key.text}" is a zone that nobody asks for`;
      return [
        { at: key, text: `${text}; expected ${ascii || 'its A-label'}, as clients write it` },
      ];
    }
    if (/[{}]/.test(name)) {
      return [{ at: key, text: `"${key.text}" is a zone: braces stand alone, between blanks` }];
    }
    if (parseAddress(key.text)?.type === 'AAAA') {
      const text = `"${key.text}" is the zone "${key.zone}" at port ${key.port}`;
      return [{ at: key, text: `${text}; expected ${key.text}/128 for its PTR` }];
    }
    const address = parseAddress(name);
    if (address === undefined) return [];
    const text = `"${key.text}" is a name and no network; expected ${name}/32 for its PTR`;
    return [{ at: key, text }];
  });
}
