import type { Directive } from '../../libs/corefile/corefile.ts';
import { parseCorefile } from '../../libs/corefile/parser.ts';

/** The directives of one server block that has these lines; the first is line 2 of the file. */
export function directives(lines: string, file = 'Corefile'): readonly Directive[] {
  const source = { file, text: `. {\n${lines}\n}` };
  const { blocks } = parseCorefile(source, { environment: {}, readFiles: () => [] });
  return blocks.flatMap((block) => block.directives);
}
