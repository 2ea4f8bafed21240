/**
 * `$GENERATE START-STOP[/STEP] TEXT`: the text for each number, as BIND has it. In the text `$` is
 * the number, and `${OFFSET,WIDTH,BASE}` the number with that added, so wide at least, in base `d`,
 * `o`, `x` or `X`; `\$` and `$$` are a dollar.
 */
import { cannotRead, type ZoneFilePlace } from './zone-file-error.ts';

/** Entries of one statement: CoreDNS's limit. */
const STEPS_MAX = 65_536;
/** Digits of a number, at most: CoreDNS's limit. */
const WIDTH_MAX = 255;
/** Numbers have 31 bits, as in BIND. */
const NUMBER_MAX = 2 ** 31 - 1;

const RANGE = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/;
const NUMBER = /\\\$|\$\$|\$\{([^}]*)\}|\$\{?/g;
const MODIFIER = /^(-?\d{1,10})(?:,(\d{1,3})(?:,([doxX]))?)?$/;

/** The lines. Throws ZoneFileError. */
export function* generate(range: string, text: string, at: ZoneFilePlace): Generator<string> {
  const [, start = '', stop = '', every = '1'] = RANGE.exec(range) ?? [];
  const [first, last, step] = [Number(start), Number(stop), Number(every)];
  const isRange = start !== '' && first <= last && last <= NUMBER_MAX && step > 0;
  if (!isRange) {
    throw cannotRead(at, 'range', range, 'it is malformed', 'START-STOP, or START-STOP/STEP');
  }
  if (Math.floor((last - first) / step) >= STEPS_MAX) {
    throw cannotRead(at, 'range', range, 'it has too many numbers', `${STEPS_MAX} at most`);
  }
  for (let number = first; number <= last; number += step) yield withNumber(text, number, at);
}

function withNumber(text: string, number: number, at: ZoneFilePlace): string {
  return text.replaceAll(NUMBER, (match: string, modifier: string | undefined) => {
    if (match === '$') return String(number);
    if (modifier === undefined && match !== '${') return '$';
    const [, offset = '', width = '0', base = 'd'] = MODIFIER.exec(modifier ?? '') ?? [];
    const shifted = number + Number(offset);
    if (offset === '' || Number(width) > WIDTH_MAX || shifted < 0 || shifted > NUMBER_MAX) {
      const is = `it is malformed, or the number ${number} leaves 0 to ${NUMBER_MAX} with it`;
      throw cannotRead(at, 'modifier', match, is, '{OFFSET,WIDTH,BASE} with base d, o, x or X');
    }
    return inBase(shifted, base).padStart(Number(width), '0');
  });
}

function inBase(number: number, base: string): string {
  if (base === 'o') return number.toString(8);
  if (base === 'd') return String(number);
  const hex = number.toString(16);
  return base === 'X' ? hex.toUpperCase() : hex;
}
