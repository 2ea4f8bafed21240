import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  absoluteName,
  isName,
  isWithin,
  labelsOf,
  longestZone,
  lowerName,
  NAME_OCTETS_MAX,
  nameFromWire,
  nameToWire,
  parentName,
} from './name.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const label63 = 'x'.repeat(63);
/** The longest name there is: 255 octets on the wire. */
const longest = `${label63}.${label63}.${label63}.${'x'.repeat(61)}.`;

/** Labels of any octets, their sum within the limit. */
const labels = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 10 })
  .filter((some) => some.reduce((sum, label) => sum + label.length + 1, 1) <= NAME_OCTETS_MAX);
const wireOf = (some: readonly Uint8Array[]) =>
  Uint8Array.from([...some.flatMap((label) => [label.length, ...label]), 0]);

describe('a name as text and on the wire', () => {
  const rows: readonly (readonly [text: string, wire: string])[] = [
    ['.', '00'],
    ['web.shop.', '03 776562 04 73686f70 00'],
    ['Web.', '03 576562 00'],
    [String.raw`a\.b.c.`, '03 612e62 01 63 00'],
    [String.raw`a\\.b.`, '02 615c 01 62 00'],
    [String.raw`\000\032\127\200.`, '04 00207fc8 00'],
    [String.raw`\"\(\)\;\@\$.`, '06 2228293b4024 00'],
    ['*._tcp-1/2.', '01 2a 08 5f7463702d312f32 00'],
  ];
  for (const [text, wire] of rows) {
    test(`${text} is ${wire}`, () => {
      assert.deepEqual(nameToWire(text), hex(wire));
      assert.deepEqual(nameFromWire(hex(wire), 0), { name: text, end: hex(wire).length });
    });
  }

  test('says the same of any octets', () => {
    fc.assert(
      fc.property(labels, (some) => {
        const wire = wireOf(some);
        const read = nameFromWire(wire, 0);
        assert.equal(read?.end, wire.length);
        assert.deepEqual(nameToWire(read?.name ?? ''), wire);
        assert.equal(labelsOf(read?.name ?? '').length, some.length);
      }),
    );
  });

  test('reads needless escapes', () => {
    assert.deepEqual(nameToWire(String.raw`\w\101b.`), nameToWire('web.'));
  });
});

describe('nameToWire', () => {
  test('takes the longest name and the longest label', () => {
    assert.equal(nameToWire(longest).length, NAME_OCTETS_MAX);
  });

  const rows: readonly (readonly [text: string, why: RegExp])[] = [
    [`x.${longest}`, /more than 255 octets/],
    [`x${label63}.`, /a label has 64 octets/],
    ['a..b.', /empty label/],
    ['.a.', /empty label/],
    ['..', /empty label/],
    ['naïve☃.', /beyond one octet/],
    [String.raw`a\256.`, /unfinished escape/],
    ['a\\', /unfinished escape/],
  ];
  for (const [text, why] of rows) {
    test(`refuses ${text.slice(0, 12)}: ${why.source}`, () => {
      assert.throws(() => nameToWire(text), { name: 'RangeError', message: why });
    });
  }
});

test('isName tells what has a wire form', () => {
  assert.deepEqual(['.', 'a.b.', longest, `a.${longest}`, 'a..b.', `${label63}x.`].map(isName), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

/** Of a message, where no name points. */
const HEADER = '00'.repeat(12);

describe('nameFromWire', () => {
  test('follows pointers backwards, and ends after the first', () => {
    const bytes = hex(`${HEADER} 04 73686f70 00 03 776562 c00c 01 78 c012`);
    assert.deepEqual(nameFromWire(bytes, 18), { name: 'web.shop.', end: 24 });
    assert.deepEqual(nameFromWire(bytes, 24), { name: 'x.web.shop.', end: 28 });
  });

  const malformed: readonly (readonly [what: string, wire: string, at: number])[] = [
    ['nothing', '', 0],
    ['no root', '03 776562', 0],
    ['a label that leaves the packet', '03 7765', 0],
    ['a pointer to itself', `${HEADER} c00c`, 12],
    ['a pointer forwards', `${HEADER} c00e 00`, 12],
    ['a pointer into the header', `${HEADER} c00b`, 12],
    ['two pointers in a circle', `${HEADER} 01 61 c010 01 62 c00c`, 16],
    ['labels and a pointer in a circle', `${HEADER} 01 61 c00c`, 12],
    ['half a pointer', 'c0', 0],
    ['a label of a reserved kind', '41 61 00', 0],
    ['a start beyond the packet', '00', 1],
  ];
  for (const [what, wire, at] of malformed) {
    test(`refuses ${what}`, () => assert.equal(nameFromWire(hex(wire), at), undefined));
  }

  test('refuses a name that compression makes too long, and takes the longest', () => {
    const tail = [...hex(HEADER), ...nameToWire(`${label63}.${label63}.${label63}.`)];
    const name = (octets: number) => [octets, ...Buffer.alloc(octets, 'x'), 0xc0, 12];
    const read = (octets: number) =>
      nameFromWire(Uint8Array.of(...tail, ...name(octets)), tail.length);
    assert.equal(read(61)?.name.length, longest.length);
    assert.equal(read(62), undefined);
  });

  test('refuses more pointers than a name can have labels', () => {
    const chain = (pointers: number) => {
      const bytes = [...hex(HEADER), 0];
      for (let at = 12, i = 0; i < pointers; i++) {
        const next = bytes.length;
        bytes.push(0xc0 | (at >> 8), at & 0xff);
        at = next;
      }
      return nameFromWire(Uint8Array.from(bytes), bytes.length - 2);
    };
    assert.equal(chain(127)?.name, '.');
    assert.equal(chain(128), undefined);
  });

  test('ends on any octets, within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, at) => {
        const read = nameFromWire(bytes, at);
        if (read !== undefined) {
          assert.ok(read.end > at && read.end <= bytes.length);
          assert.ok(nameToWire(read.name).length <= NAME_OCTETS_MAX);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names among themselves', () => {
  test('lowerName folds ASCII only', () => {
    assert.equal(lowerName('WEB.Shop.'), 'web.shop.');
    assert.equal(lowerName('ÄB.'), 'Äb.');
  });

  test('parentName goes up to the root, over escaped dots', () => {
    assert.equal(parentName(String.raw`a\.b.c.`), 'c.');
    assert.equal(parentName(String.raw`a\\.c.`), 'c.');
    assert.equal(parentName('c.'), '.');
    assert.equal(parentName('.'), undefined);
  });

  const within: readonly (readonly [name: string, zone: string, is: boolean])[] = [
    ['web.shop.', 'shop.', true],
    ['shop.', 'shop.', true],
    ['shop.', '.', true],
    ['workshop.', 'shop.', false],
    ['shop.', 'web.shop.', false],
    [String.raw`work\.shop.`, 'shop.', false],
    [String.raw`work\\.shop.`, 'shop.', true],
    [String.raw`work\\\.shop.`, 'shop.', false],
  ];
  for (const [name, zone, is] of within) {
    test(`isWithin says ${is} of ${name} in ${zone}`, () => assert.equal(isWithin(name, zone), is));
  }

  test('isWithin says what the labels say', () => {
    const label = fc.string({
      unit: fc.constantFrom('a', String.raw`\.`, '\\\\'),
      minLength: 1,
      maxLength: 3,
    });
    const name = fc.array(label, { maxLength: 3 }).map((some) => `${some.join('.')}.`);
    fc.assert(
      fc.property(name, name, (one, two) => {
        const [have, want] = [labelsOf(one), labelsOf(two)];
        const tail = have.slice(Math.max(0, have.length - want.length));
        assert.equal(isWithin(one, two), tail.join(' ') === want.join(' '));
      }),
    );
  });

  test('longestZone finds the closest', () => {
    assert.equal(longestZone('a.b.c.', ['c.', 'b.c.', 'x.']), 'b.c.');
    assert.equal(longestZone('a.b.c.', ['x.']), undefined);
    assert.equal(longestZone('a.b.c.', ['x.', '.']), '.');
  });

  test('absoluteName adds the dot that is missing', () => {
    assert.equal(absoluteName('web.shop'), 'web.shop.');
    assert.equal(absoluteName('web.shop.'), 'web.shop.');
    assert.equal(absoluteName(String.raw`web\.`), String.raw`web\..`);
    assert.equal(absoluteName('.'), '.');
  });
});
