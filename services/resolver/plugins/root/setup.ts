import { statSync } from 'node:fs';
import { noBlock, oneArgument, onlyOne } from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import type { Setup } from '../../plugin.ts';

/** No handler: the setups that come after it get the folder. */
export const setup: Setup = (directives, { log }) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  const path = oneArgument(directive, 'a folder');
  const root = besideCorefile(path, path.text);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    log.warning(`plugin/root: "${root}" is no folder; it is looked for when a file in it is read`);
  }
  return { name: 'root', root };
};
