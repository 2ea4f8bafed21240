/** Labels of random objects: what the selectors of a variant are about, or nothing. */
import type { Random } from './random.ts';

export function randomLabels(random: Random): Readonly<Record<string, string>> {
  return {
    ...(random.percent(60) ? { tier: random.pick(['front', 'front', 'back', 'side']) } : {}),
    ...(random.percent(10) ? { hidden: '' } : {}),
  };
}

export function randomNamespaceLabels(random: Random): Readonly<Record<string, string>> {
  return {
    ...(random.percent(75) ? { team: random.pick(['a', 'a', 'b', 'c']) } : {}),
    ...(random.percent(15) ? { hidden: 'yes' } : {}),
  };
}
