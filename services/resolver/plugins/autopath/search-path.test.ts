import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { searchListOf } from './resolv-conf.ts';
import { NAMES_MAX, namesToAsk } from './search-path.ts';

const POD = ['ns.svc.cluster.local.', 'svc.cluster.local.', 'cluster.local.', 'corp.example.'];

describe('namesToAsk', () => {
  const rows: readonly (readonly [what: string, asked: string, names: readonly string[]])[] = [
    [
      'a label below the first element: all elements, then the bare name',
      'web.ns.svc.cluster.local.',
      [
        'web.ns.svc.cluster.local.',
        'web.svc.cluster.local.',
        'web.cluster.local.',
        'web.corp.example.',
        'web.',
      ],
    ],
    [
      "several labels, in the client's case",
      'WWW.Example.org.NS.svc.cluster.local.',
      [
        'WWW.Example.org.NS.svc.cluster.local.',
        'WWW.Example.org.svc.cluster.local.',
        'WWW.Example.org.cluster.local.',
        'WWW.Example.org.corp.example.',
        'WWW.Example.org.',
      ],
    ],
    ['the first element itself', 'ns.svc.cluster.local.', []],
    ['below another element', 'web.svc.cluster.local.', []],
    ['a name that only ends like the first element', 'xns.svc.cluster.local.', []],
    ['a dot that is none before the first element', 'x\\.ns.svc.cluster.local.', []],
    ['a bare name', 'web.', []],
    ['the root', '.', []],
  ];
  for (const [what, asked, names] of rows) {
    test(`${what}: ${names.length} names`, () => assert.deepEqual(namesToAsk(asked, POD), names));
  }

  test('gives none without a path, or below the root', () => {
    assert.deepEqual(namesToAsk('web.', []), []);
    assert.deepEqual(namesToAsk('web.', ['.', 'example.']), []);
  });

  test('gives each name once, the bare one last', () => {
    assert.deepEqual(namesToAsk('web.a.', ['a.', '.', 'b.', 'a.', 'b.']), [
      'web.a.',
      'web.b.',
      'web.',
    ]);
  });

  test('leaves out what is too long for a name', () => {
    const label = 'x'.repeat(63);
    const base = `${label}.${label}.${label}.`;
    const [fits, exceeds] = ['b'.repeat(61), 'b'.repeat(62)];
    assert.deepEqual(namesToAsk(`${base}a.`, ['a.', `${exceeds}.`, `${fits}.`]), [
      `${base}a.`,
      `${base}${fits}.`,
      base,
    ]);
  });

  test('counts the octets of a name, not the characters of its escapes', () => {
    const escaped = `${'\\000'.repeat(63)}.`;
    assert.deepEqual(namesToAsk(`${escaped}a.`, ['a.', 'b.']), [
      `${escaped}a.`,
      `${escaped}b.`,
      escaped,
    ]);
  });

  test('has a limit', () => {
    const path = Array.from({ length: 100 }, (_, i) => `z${i}.`);
    const names = namesToAsk('web.z0.', path);
    assert.equal(names.length, NAMES_MAX);
    assert.deepEqual([names[0], names.at(-1)], ['web.z0.', 'web.']);
  });
});

describe('searchListOf', () => {
  const rows: readonly (readonly [text: string, list: readonly string[]])[] = [
    ['', []],
    ['nameserver 192.0.2.1\n', []],
    ['search a.example b.example', ['a.example', 'b.example']],
    ['  search\ta.example \r\noptions ndots:5\n', ['a.example']],
    ['domain a.example', ['a.example']],
    ['domain a.example\nsearch b.example', ['b.example']],
    ['search a.example\ndomain b.example', ['b.example']],
    ['search a.example\nsearch', []],
    ['# search a.example\n;search b.example\nsearching c.example', []],
  ];
  for (const [text, list] of rows) {
    test(JSON.stringify(text), () => assert.deepEqual(searchListOf(text), list));
  }
});
