/** What Go's fmt makes of the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SHAPE, VALUES } from './given-query.ts';
import { compileTemplate } from './template.ts';

const MADE: readonly (readonly [source: string, text: string])[] = [
  ['{{ .Name | printf "%s-%s" .Zone }}', 'example.-ab.example.'],
  ['{{ printf "%d.%d" 1 2 }}', '1.2'],
  [
    '{{ printf "%05d|%-5s|%5s|%+d|%x|%X|%#x|%08.3f" 42 "ab" "cd" 7 255 255 255 3.14159 }}',
    '00042|ab   |   cd|+7|ff|FF|0xff|0003.142',
  ],
  ['{{ printf "%q %v %t %c %U" "a\\"b" 1.5 true 65 65 }}', '"a\\"b" 1.5 true A U+0041'],
  ['{{ printf "%s" 3 }}', '%!s(int=3)'],
  ['{{ printf "%d" "x" }}', '%!d(string=x)'],
  ['{{ printf "%d" }}', '%!d(MISSING)'],
  ['{{ printf "a" 1 "b" }}', 'a%!(EXTRA int=1, string=b)'],
  ['{{ printf "%%" }}', '%'],
  ['{{ printf "%" }}', '%!(NOVERB)'],
  ['{{ printf "%x" "hi" }}', '6869'],
  ['{{ printf "%.2s" "hello" }}', 'he'],
  ['{{ printf "%e %g %v" 1234.5 1e21 0.00001 }}', '1.234500e+03 1e+21 1e-05'],
  ['{{ printf "%v %v" .Match .Group }}', '[ab.example. a b c] map[a:1 b:2 h:7b]'],
  ['{{ printf "%6.2f|%-8d|" 1.0 5 }}', '  1.00|5       |'],
  ['{{ printf "%o %b %#o" 8 5 8 }}', '10 101 010'],
  ['{{ print 1 2 "a" "b" 3 4 }}', '1 2ab3 4'],
  ['{{ println 1 "a" }}', '1 a\n'],
  ['{{ print }}', ''],
  ['{{ (printf "%s." .Name) | len }}', '12'],
  ['{{ .Meta (print "x" "/y") }}', '<x/y>'],
  ['{{ ((print 1)) }}', '1'],
  ['{{ 1 | print 2 }}', '2 1'],
  ['{{ printf "%v" nil }}', '<nil>'],
  ['{{ printf "%T %T %T" 1 "a" 1.5 }}', 'int string float64'],
  ['{{ printf "% d|%+.1e" 5 12345.678 }}', ' 5|+1.2e+04'],
  ['{{ printf "%3c|%-3c|" 65 66 }}', '  A|B  |'],
  ['{{ printf "%08b" 5 }}', '00000101'],
  ['{{ printf "%t" 1 }}', '%!t(int=1)'],
  ['{{ printf "%5t|" true }}', ' true|'],
  ['{{ printf "%.3d" 5 }}', '005'],
  ['{{ printf "%05s" "ab" }}', '000ab'],
  ['{{ printf "%-05d|" 5 }}', '5    |'],
  ['{{ printf "%05d" -42 }}', '-0042'],
  ['{{ printf "%s %s" .Match .Group }}', '[ab.example. a b c] map[a:1 b:2 h:7b]'],
  [
    '{{ printf "%d" .Match }}',
    '[%!d(string=ab.example.) %!d(string=a) %!d(string=b) %!d(string=c)]',
  ],
  [
    '{{ print 1.0 100000.0 1e20 1e21 123456789.0 0.0001 0.00001 1.5e-7 }}',
    '1 100000 1e+20 1e+21 1.23456789e+08 0.0001 1e-05 1.5e-07',
  ],
  ['{{ print true false }}', 'true false'],
  ['{{ print 1234567.0 123456.0 0.1 100.5 -2.5e-9 }}', '1.234567e+06 123456 0.1 100.5 -2.5e-09'],
  ['{{ printf "%.3g %.10g %g" 1234.5678 1234.5678 1e6 }}', '1.23e+03 1234.5678 1e+06'],
  ['{{ printf "%v|%5v|%-5v|" 1.5 "a" true }}', '1.5|    a|true |'],
  ['{{ printf "%x" -255 }}', '-ff'],
  ['{{ printf "%X" "hi" }}', '6869'],
  ['{{ printf "%#x %#o %O %#b" 255 8 8 5 }}', '0xff 010 0o10 0b101'],
  ['{{ printf "%q" 65 }}', "'A'"],
  ['{{ printf "%s" nil }}', '%!s(<nil>)'],
  ['{{ printf "%+d %+.2f" -3 2.5 }}', '-3 +2.50'],
  ['{{ printf "%6.3v|" 3.14159 }}', '  3.14|'],
  ['{{ printf "%t" false }}', 'false'],
];

describe('print and printf', () => {
  for (const [source, text] of MADE) {
    test(`${JSON.stringify(source)} makes ${JSON.stringify(text)}`, () => {
      const bounds = { steps: 1000, characters: 1000 };
      assert.equal(compileTemplate(source, { dot: SHAPE, bounds }).execute(VALUES), text);
    });
  }

  test('refuses a width that is no width', () => {
    const bounds = { steps: 1000, characters: 1000 };
    const template = compileTemplate('{{ printf "%99999999s" "a" }}', { dot: SHAPE, bounds });
    assert.throws(() => template.execute(VALUES), /printf has a width of 99999999 here/);
  });
});
