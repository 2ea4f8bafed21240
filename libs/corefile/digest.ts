/**
 * What a Corefile says, without where it says it: comments, layout and the files that it is made of
 * make no difference.
 */
import { createHash } from 'node:crypto';
import type { Corefile, Directive, ServerBlock } from './corefile.ts';

/** SHA-512 of all of it, in hex. */
export function digestOf({ blocks }: Corefile): string {
  return createHash('sha512')
    .update(JSON.stringify(blocks.map(sayingOf)))
    .digest('hex');
}

/** The same for two server blocks that say the same. */
export function sayingOf({ keys, directives }: ServerBlock): string {
  const served = keys.map(({ scheme, zone, port }) => [scheme, zone, port ?? null]);
  return JSON.stringify([served, directives.map(plainOf)]);
}

/** The same for two directives that say the same. */
export function sayingOfDirective(directive: Directive): string {
  return JSON.stringify(plainOf(directive));
}

function plainOf({ name, args, block }: Directive): readonly unknown[] {
  return [name, args.map(({ text }) => text), block?.map(plainOf) ?? null];
}
