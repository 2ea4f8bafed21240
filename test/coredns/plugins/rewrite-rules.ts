/** Which rules of `rewrite` a question comes to, in the blocks of random-block.ts. */
import { lowerName } from '../../../libs/dns/name.ts';
import type { Asked } from '../questions.ts';

const KINDS = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;

/** Whether upstream is asked with the option of `edns0`: no rule before that was the last. */
export function setsOption(block: readonly string[], asked: Asked): boolean {
  for (const line of block) {
    const [directive, ...words] = line.split(' ');
    if (directive !== 'rewrite') continue;
    const [mode] = words;
    const rule = mode === 'stop' || mode === 'continue' ? words.slice(1) : words;
    if (rule[0] === 'edns0') return true;
    if (mode !== 'continue' && applies(rule, asked)) return false;
  }
  return false;
}

function applies([field, ...words]: readonly string[], asked: Asked): boolean {
  // It waits for the answer, whatever that is.
  if (field === 'cname') return true;
  if (field === 'type') return words[0] === asked.type;
  const kind = KINDS.find((one) => one === words[0]);
  const [from = ''] = kind === undefined ? words : words.slice(1);
  const name = lowerName(asked.name);
  const whole = `${from}.`;
  switch (kind ?? 'exact') {
    case 'exact':
      return name === whole;
    case 'prefix':
      return name.startsWith(whole);
    case 'suffix':
      return name.endsWith(whole);
    case 'substring':
      return name.includes(whole);
    case 'regex':
      return new RegExp(from).test(name);
  }
}
