/**
 * Label selectors as kubectl writes them: `app=web,tier in (a, b),!canary` (Kubernetes API
 * conventions, "Label selectors"; the grammar is apimachinery's, labels.Parse).
 *
 *   selector    = [ requirement { "," requirement } ]
 *   requirement = key | "!" key | key ("=" | "==" | "!=") [ value ] | key ("in" | "notin") set
 *   set         = "(" [ value ] { "," [ value ] } ")"
 */
import type { Labels } from '../event/object.ts';

/** All must be so. None: everything matches. */
export type LabelSelector = readonly Requirement[];

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  /** Of `in` and `notin`: at least one. */
  readonly values: readonly string[];
}

export function matches(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => isMet(requirement, labels));
}

/** A key that is absent is not in any set, so `notin` and `!=` match. */
function isMet({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}

export type ParsedSelector =
  | { readonly kind: 'selector'; readonly selector: LabelSelector }
  /** `why` is a clause: what is there, and what could be. */
  | { readonly kind: 'refused'; readonly why: string };

/** Longest selector, in characters: some hundred requirements, more than an API server takes. */
const TEXT_MAX = 16_384;
/** Operators, each as long as it can be, or a run of what is neither an operator nor a blank. */
const WORDS = /==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+/g;
const ENDS = new Set([',', undefined]);

export function parseLabelSelector(text: string): ParsedSelector {
  if (text.length > TEXT_MAX) return refused(`it has more than ${TEXT_MAX} characters`);
  const words = new Words(text.match(WORDS) ?? []);
  const selector: Requirement[] = [];
  while (words.peek() !== undefined) {
    const requirement = readRequirement(words);
    if ('why' in requirement) return requirement;
    selector.push(requirement);
    if (words.peek() === undefined) break;
    if (words.next() !== ',') return refused(`${words.last()}, where a comma or the end should be`);
    if (words.peek() === undefined) return refused('it ends with a comma');
  }
  return { kind: 'selector', selector };
}

type Refused = Extract<ParsedSelector, { kind: 'refused' }>;

function refused(why: string): Refused {
  return { kind: 'refused', why };
}

/** The words of a selector, one after the other. */
class Words {
  #at = 0;
  readonly #words: readonly string[];

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  next(): string | undefined {
    return this.#words[this.#at++];
  }

  /** The word that `next` gave last, for a sentence. */
  last(): string {
    const word = this.#words[this.#at - 1];
    return word === undefined ? 'it ends' : `it has "${word}"`;
  }
}

function readRequirement(words: Words): Requirement | Refused {
  const absent = words.peek() === '!';
  if (absent) words.next();
  const key = words.next();
  if (!isIdentifier(key)) return refused(`${words.last()}, where a key should be`);
  const invalid = whyNoKey(key);
  if (invalid !== undefined) return refused(invalid);
  if (absent) return { key, operator: 'absent', values: [] };
  if (ENDS.has(words.peek())) return { key, operator: 'exists', values: [] };
  const operator = words.next();
  switch (operator) {
    case '=':
    case '==':
      return checked(key, 'in', readValue(words));
    case '!=':
      return checked(key, 'notin', readValue(words));
    case 'in':
    case 'notin':
      return checked(key, operator, readSet(words));
    case '<':
    case '>':
      return refused(`"${operator}" isn't supported in label selectors`);
    default:
      return refused(`${words.last()}, where =, ==, !=, in or notin should be`);
  }
}

/** No value is the empty one: `app=` and `app!=`. */
function readValue(words: Words): readonly string[] | Refused {
  if (ENDS.has(words.peek())) return [''];
  const value = words.next();
  return isIdentifier(value) ? [value] : refused(`${words.last()}, where a value should be`);
}

/** What stands empty between two commas is the empty value. */
function readSet(words: Words): readonly string[] | Refused {
  if (words.next() !== '(') return refused(`${words.last()}, where "(" should be`);
  const values = new Set<string>();
  for (;;) {
    const value = isIdentifier(words.peek()) ? words.next() : '';
    values.add(value ?? '');
    const end = words.next();
    if (end === ')') return [...values];
    if (end !== ',') return refused(`${words.last()}, where "," or ")" should be`);
  }
}

function checked(
  key: string,
  operator: 'in' | 'notin',
  values: readonly string[] | Refused,
): Requirement | Refused {
  if ('why' in values) return values;
  const invalid = values.find((value) => value !== '' && !isQualified(value));
  if (invalid === undefined) return { key, operator, values };
  return refused(`the value "${invalid}" is none: ${QUALIFIED}`);
}

function isIdentifier(word: string | undefined): word is string {
  return word !== undefined && !/^[=!(),<>]/.test(word);
}

/** Characters of a value, and of a key's name (apimachinery, IsQualifiedName). */
const QUALIFIED_MAX = 63;
const QUALIFIED = `at most ${QUALIFIED_MAX} letters, digits, "-", "_", ".", its ends alphanumeric`;
/** Characters of a key's prefix, a DNS subdomain. */
const PREFIX_MAX = 253;
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isQualified(text: string): boolean {
  return text.length <= QUALIFIED_MAX && /^[a-z0-9]([-\w.]*[a-z0-9])?$/i.test(text);
}

function whyNoKey(key: string): string | undefined {
  const parts = key.split('/');
  const name = parts.pop() ?? '';
  const [prefix, more] = parts;
  if (more !== undefined || !isQualified(name)) return `the key "${key}" is none: ${QUALIFIED}`;
  if (prefix === undefined || (prefix.length <= PREFIX_MAX && PREFIX.test(prefix))) return;
  return `the prefix of the key "${key}" is no DNS subdomain`;
}
