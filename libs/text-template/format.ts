/** Values as text: how Go's fmt prints them, and its `printf`. */
import { fractionText } from './number.ts';
import { quote } from './unquote.ts';
import type { Value } from './value.ts';
import { isDictionary, isList, isStruct, kindOf, TemplateFailure } from './value.ts';

/** Of a width or a precision: no record is so long. */
const WIDTH_MAX = 1000;

/** As `%v` has it. */
export function textOf(value: Value): string {
  if (value === undefined) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return fractionText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(textOf).join(' ')}]`;
  if (isDictionary(value)) {
    const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, each]) => `${key}:${textOf(each)}`).join(' ')}]`;
  }
  const fields = Object.values(value.fields).filter((each) => typeof each !== 'function');
  return `{${fields.map(textOf).join(' ')}}`;
}

/** A blank between two values neither of which is a text. */
export function print(values: readonly Value[]): string {
  return values
    .map((value, i) => {
      const apart = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string';
      return `${apart ? ' ' : ''}${textOf(value)}`;
    })
    .join('');
}

const VERB = /%([-+# 0]*)(\d*)(?:\.(\d*))?(.)?/gsu;

/** The format with its verbs filled in. What does not fit is said in its place, as Go does. */
export function printf(format: string, values: readonly Value[]): string {
  let next = 0;
  const text = format.replace(VERB, (_all, flags, width, precision, verb: string | undefined) => {
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (verb === '*' || verb === '[') {
      throw new TemplateFailure(`printf has no "%${verb}" here`);
    }
    if (next >= values.length) return `%!${verb}(MISSING)`;
    const wanted = { flags, width: size(width), precision: sizeOr(precision) };
    return formatted(values[next++], verb, wanted);
  });
  const extra = values.slice(next).map((value) => `${kindOf(value)}=${textOf(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

interface Wanted {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

function size(digits: string): number {
  const number = Number(digits);
  if (number > WIDTH_MAX) throw new TemplateFailure(`printf has a width of ${number} here`);
  return number;
}

function sizeOr(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : size(digits);
}

function formatted(value: Value, verb: string, wanted: Wanted): string {
  if (isList(value) && verb !== 'T') {
    return `[${value.map((each) => formatted(each, verb, wanted)).join(' ')}]`;
  }
  const { flags, width, precision } = wanted;
  let text = bare(value, verb, wanted);
  if (value === undefined) return verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`;
  if (text === undefined) return `%!${verb}(${kindOf(value)}=${textOf(value)})`;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  if (isNumber && verb !== 'c' && verb !== 'q' && !/^[-+]/.test(text)) {
    if (flags.includes('+')) text = `+${text}`;
    else if (flags.includes(' ')) text = ` ${text}`;
  }
  if (flags.includes('-')) return text.padEnd(width);
  const zeros = flags.includes('0') && !(typeof value === 'bigint' && precision !== undefined);
  if (!zeros) return text.padStart(width);
  const sign = isNumber ? (/^[-+ ]/.exec(text)?.[0] ?? '') : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

/** Without its width; undefined when the verb is not for such values. */
function bare(value: Value, verb: string, wanted: Wanted): string | undefined {
  if (verb === 'v' && wanted.precision === undefined) {
    return wanted.flags.includes('#') && typeof value === 'string' ? quote(value) : textOf(value);
  }
  if (verb === 'T') return kindOf(value);
  if (typeof value === 'string') return ofString(value, verb, wanted);
  if (typeof value === 'bigint') return ofInteger(value, verb, wanted);
  if (typeof value === 'number') return ofFraction(value, verb, wanted);
  if (typeof value === 'boolean') return verb === 't' ? String(value) : undefined;
  return value !== undefined && !isStruct(value) && verb === 's' ? textOf(value) : undefined;
}

function ofString(value: string, verb: string, { flags, precision }: Wanted): string | undefined {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  switch (verb) {
    case 's':
    case 'v':
      return cut;
    case 'q':
      return flags.includes('#') && !cut.includes('`') ? `\`${cut}\`` : quote(cut);
    case 'x':
    case 'X': {
      const hex = Buffer.from(value).toString('hex');
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      return undefined;
  }
}

const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, ''],
  x: [16, '0x'],
  X: [16, '0X'],
};

function ofInteger(value: bigint, verb: string, { flags, precision }: Wanted): string | undefined {
  if (verb === 'c' || verb === 'q') {
    const letter = String.fromCodePoint(value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd);
    return verb === 'c' ? letter : `'${letter}'`;
  }
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const [base, prefix] = (Object.hasOwn(BASES, verb) && BASES[verb]) || [0, ''];
  if (base === 0) return undefined;
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, '0');
  const start = verb === 'O' ? '0o' : flags.includes('#') ? prefix : '';
  return sign + start + (verb === 'X' ? digits.toUpperCase() : digits);
}

function ofFraction(value: number, verb: string, { precision }: Wanted): string | undefined {
  const two = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
  switch (verb) {
    case 'f':
    case 'F':
      return value.toFixed(Math.min(precision ?? 6, 100));
    case 'e':
      return two(value.toExponential(Math.min(precision ?? 6, 100)));
    case 'g':
    case 'v':
      return fractionText(value, precision);
    default:
      return undefined;
  }
}
