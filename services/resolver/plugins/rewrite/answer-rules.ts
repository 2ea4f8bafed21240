/**
 * How the names of a response become those that the client asked for: `answer auto`, `answer name
 * RE TO` for owners, `answer value RE TO` for names in rdata.
 */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { readNamePattern } from './name-pattern.ts';
import { type Rename, renameOwners, renameValues } from './record-names.ts';
import { readReplacement } from './replacement.ts';
import type { ResponseChange } from './rule.ts';

export interface AnswerRules {
  /** As well as it can be known from the rule for the query. */
  readonly auto: boolean;
  readonly explicit: readonly ResponseChange[];
}

const EXPECTED = 'auto, name REGEX TO or value REGEX TO';

/** `answer` begins the first, and may begin others. Throws ConfigurationError. */
export function readAnswerRules(words: readonly Token[]): AnswerRules {
  const explicit: ResponseChange[] = [];
  let auto: Token | undefined;
  let named = false;
  let at = 0;
  for (let word = words[at]; word !== undefined; word = words[at]) {
    if (word.text === 'answer') at++;
    else if (at === 0) throw cannotRead(word, 'option of a name', 'it is unknown', 'answer');
    const [kind, from, to] = words.slice(at, at + 3);
    if (kind === undefined) throw cannotRead(word, 'option', 'nothing is after it', EXPECTED);
    if (kind.text === 'auto' || isNamedAuto(kind, from, to)) {
      auto = kind;
      at += kind.text === 'auto' ? 1 : 2;
      continue;
    }
    if (kind.text !== 'name' && kind.text !== 'value') {
      throw cannotRead(kind, 'answer', 'it is unknown', EXPECTED);
    }
    if (from === undefined || to === undefined) {
      throw cannotRead(kind, 'answer', 'it is not complete', EXPECTED);
    }
    named ||= kind.text === 'name';
    explicit.push((kind.text === 'name' ? renameOwners : renameValues)(readRename(from, to)));
    at += 3;
  }
  if (auto !== undefined && named) {
    throw cannotRead(auto, 'answer', 'another says how names are', 'auto or name, not both');
  }
  return { auto: auto !== undefined, explicit };
}

/** CoreDNS's README writes `answer name auto`, before other options. */
function isNamedAuto(kind: Token, from: Token | undefined, to: Token | undefined): boolean {
  if (kind.text !== 'name' || from?.text !== 'auto') return false;
  return to === undefined || to.text === 'answer';
}

function readRename(from: Token, to: Token): Rename {
  const pattern = readNamePattern('regex', from);
  const replacement = readReplacement(to, pattern.groups);
  return (name) => pattern.replace(name, replacement);
}

/** Both for owners and for names in rdata. */
export function renameAll(rename: Rename): readonly ResponseChange[] {
  return [renameOwners(rename), renameValues(rename)];
}

/** The name that was asked for, and names below it, as they were before. */
export function back(asked: string, before: string): Rename {
  return (name) => {
    if (name === asked) return before;
    return name.endsWith(`.${asked}`) ? name.slice(0, -asked.length) + before : undefined;
  };
}
