/** Numbers of templates, as Go writes them and its functions read them. */
import { TemplateError } from './value.ts';

/** What 64 bits hold. */
const INTEGER = { least: -(2n ** 63n), most: 2n ** 63n - 1n } as const;
const DIGITS = /^([+-]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const FRACTION = /^[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?$/;

/** What JavaScript rounds to. */
const DIGITS_MAX = 100;
/** From this power of ten on, numbers have an exponent. */
const SHORTEST_POWER_MAX = 6;

/** Whole numbers as bigint, others as number. */
export function readNumber(text: string): bigint | number {
  const bare = text.replace(/(?<=[\da-fA-FxXbBoO])_(?=[\da-fA-F])/g, '');
  const [, sign, hex, binary, octal, decimal] = DIGITS.exec(bare) ?? [];
  const digits = [hex && `0x${hex}`, binary && `0b${binary}`, octal && `0o${octal}`, decimal];
  const found = digits.find((each) => each !== undefined);
  if (found !== undefined) {
    const number = sign === '-' ? -BigInt(found) : BigInt(found);
    if (number >= INTEGER.least && number <= INTEGER.most) return number;
    throw new TemplateError(`${text} is too large`, 'a number of 64 bits');
  }
  if (FRACTION.test(bare) && Number.isFinite(Number(bare))) return Number(bare);
  throw new TemplateError(`"${text}" is no number`, 'digits, as in 7, 0x1f or 1.5');
}

/** As Go's `%g` has it: the shortest text that is this number, or so many digits. */
export function fractionText(value: number, digits?: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const most = digits === undefined ? undefined : Math.min(Math.max(digits, 1), DIGITS_MAX);
  const rounded = value.toExponential(most === undefined ? undefined : most - 1);
  const [, mantissa = '', sign = '', exponent = ''] = /^(.*)e([+-])(\d+)$/.exec(rounded) ?? [];
  const shortest = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  const power = Number(`${sign}${exponent}`);
  if (power < -4 || power >= (most ?? SHORTEST_POWER_MAX)) {
    return `${shortest}e${sign}${exponent.padStart(2, '0')}`;
  }
  return Object.is(value, -0) ? '-0' : String(Number(rounded));
}
