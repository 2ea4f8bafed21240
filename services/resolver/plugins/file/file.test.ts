import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import type { ChainNamesChange } from '../../chain-names.ts';
import type { Plugin } from '../../plugin.ts';
import type { Next } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { DB, file, LONG_AGO, lines, passed, withSerial } from './given-file.ts';

const SOA = 'auth example.org. 30 IN SOA ns.example.org. admin.example.org. 7 1 2 3 30';
const NS = 'auth example.org. 60 IN NS ns.example.org.';
const PASSED = ['NOERROR', 'passed. 1 IN A 192.0.2.9'];

describe('file answers', () => {
  const rows: readonly (readonly [question: string, said: readonly string[], block?: string])[] = [
    ['ns.example.org. A', ['NOERROR aa', 'ns.example.org. 60 IN A 192.0.2.1', NS]],
    ['x.example.org. A', ['NXDOMAIN aa', SOA]],
    ['ns.example.org. TXT', ['NOERROR aa', SOA]],
    ['example.com. A', PASSED],
    ['x.wild.example.org. A', ['NOERROR aa', 'x.wild.example.org. 60 IN A 192.0.2.2', NS]],
    [
      'sub.example.org. A',
      [
        'NOERROR',
        'auth sub.example.org. 60 IN NS ns.sub.example.org.',
        'more ns.sub.example.org. 60 IN A 192.0.2.4',
      ],
    ],
    ['example.org. AXFR', ['REFUSED']],
    ['example.com. AXFR', PASSED],
    ['x.example.org. A', PASSED, 'fallthrough'],
    ['ent.example.org. A', PASSED, 'fallthrough'],
    ['ns.example.org. TXT', ['NOERROR aa', SOA], 'fallthrough'],
    ['x.wild.example.org. TXT', ['NOERROR aa', SOA], 'fallthrough'],
    ['x.example.org. A', ['NXDOMAIN aa', SOA], 'fallthrough y.example.org'],
    ['x.y.example.org. A', PASSED, 'fallthrough y.example.org'],
    [
      'ns.example.org. A',
      ['NOERROR aa', 'ns.example.org. 60 IN A 192.0.2.1', NS],
      'upstream\nreload 0s',
    ],
  ];
  for (const [question, said, block] of rows) {
    test(`${question} with ${said[0]} ${JSON.stringify(block ?? '')}`, async (t) => {
      const { ask } = await file(t, block === undefined ? 'file db' : `file db {\n${block}\n}`);
      assert.deepEqual(await ask(question), said);
    });
  }

  const outside: readonly (readonly [
    what: string,
    reply: Partial<Response>,
    said: readonly string[],
  ])[] = [
    [
      'what it says',
      { answer: [parseRecord('x.test. 5 IN A 192.0.2.7')] },
      ['NOERROR aa', 'x.test. 5 IN A 192.0.2.7', NS],
    ],
    [
      'that it is not there',
      { rcode: RCODE.NXDOMAIN, authority: [parseRecord('test. 5 IN SOA . . 1 2 3 4 5')] },
      ['NXDOMAIN aa', 'auth test. 5 IN SOA . . 1 2 3 4 5'],
    ],
    ['nothing, where nobody serves it', { rcode: RCODE.REFUSED }, ['NOERROR aa', NS]],
    ['that it failed', { rcode: RCODE.SERVFAIL }, ['SERVFAIL aa']],
  ];
  for (const [what, reply, [rcode, ...rest]] of outside) {
    test(`an alias that leads out, with ${what}`, async (t) => {
      const { plugin } = await file(t);
      const asked: string[] = [];
      const askServer: Next = async ({ name, question }) => {
        asked.push(`${name} ${question.name} ${question.type}`);
        return { ...emptyResponse(RCODE.NOERROR), ...reply };
      };
      const query = { ...queryOf('out.example.org.', 'A'), askServer };
      const response = await plugin.handle?.(query, passed);
      assert.ok(response !== undefined);
      assert.deepEqual(lines(response), [rcode, 'out.example.org. 60 IN CNAME x.test.', ...rest]);
      assert.deepEqual(asked, ['x.test. x.test. A']);
    });
  }

  test('an alias of a signed wildcard that leads out, with its proof', async (t) => {
    const rest = '13 2 60 20380119031408 0 1 @ AQID';
    const db = `${DB}*.far CNAME x.test.\n  RRSIG CNAME ${rest}\n  NSEC @ CNAME RRSIG NSEC\n  RRSIG NSEC ${rest}\n`;
    const { plugin } = await file(t, 'file db', { files: { db } });
    const askServer: Next = async () => {
      const authority = [parseRecord('test. 5 IN SOA . . 1 2 3 4 5')];
      return { ...emptyResponse(RCODE.NXDOMAIN), authority };
    };
    const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] };
    const query = { ...queryOf('y.far.example.org.', 'A', { edns }), askServer };
    const response = await plugin.handle?.(query, passed);
    assert.deepEqual(
      response?.authority.map(({ name, type }) => `${name} ${type}`),
      ['test. SOA', '*.far.example.org. NSEC', '*.far.example.org. RRSIG'],
    );
  });

  test('several zones of a file, and several files', async (t) => {
    const { ask } = await file(t, 'file db example.org example.net\nfile other example.com', {
      files: { db: DB, other: '@ 5 SOA . . 1 2 3 4 5\nback 5 CNAME ns.example.net.' },
    });
    assert.deepEqual((await ask('ns.example.net. A'))[1], 'ns.example.net. 60 IN A 192.0.2.1');
    assert.deepEqual((await ask('ns.example.org. A'))[1], 'ns.example.org. 60 IN A 192.0.2.1');
    assert.deepEqual((await ask('back.example.com. A')).slice(0, 3), [
      'NOERROR aa',
      'back.example.com. 5 IN CNAME ns.example.net.',
      'ns.example.net. 60 IN A 192.0.2.1',
    ]);
  });

  test('what the README says', async (t) => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const db = /^```zone\n(.*?)^```$/ms.exec(readme)?.[1] ?? assert.fail('it has no zone');
    const { ask } = await file(t, 'file db', { files: { db } });
    const said = async (question: string) =>
      (await ask(question)).filter((line) => !line.startsWith('auth'));
    assert.deepEqual(await said('www.example.org. A'), [
      'NOERROR aa',
      'www.example.org. 3600 IN CNAME web.lb.example.org.',
      'web.lb.example.org. 3600 IN A 192.0.2.80',
    ]);
    assert.deepEqual(await said('node-07.example.org. A'), [
      'NOERROR aa',
      'node-07.example.org. 3600 IN A 192.0.2.17',
    ]);
    assert.deepEqual(await said('example.org. MX'), [
      'NOERROR aa',
      'example.org. 3600 IN MX 10 mail.example.org.',
      'more mail.example.org. 3600 IN A 192.0.2.25',
      'more mail.example.org. 3600 IN AAAA 2001:db8::25',
    ]);
  });

  test('metadata with the wildcard', async (t) => {
    const { plugin } = await file(t);
    const label = (name: string) =>
      [...(plugin.metadata?.(queryOf(name, 'A')) ?? [])].map(
        ([label, value]) => `${label} ${value()}`,
      );
    assert.deepEqual(label('x.wild.example.org.'), ['zone/wildcard *.wild.example.org.']);
    assert.deepEqual(label('ns.example.org.'), ['zone/wildcard ']);
    assert.deepEqual(label('example.com.'), []);
  });
});

describe('file owns', () => {
  const owned = (plugin: Plugin, ...names: readonly string[]) =>
    names.filter((name) => plugin.owns?.(name) === true);
  const NAMES = [
    'example.org.',
    'ns.example.org.',
    'x.example.org.',
    'ent.example.org.',
    'x.wild.example.org.',
    'x.sub.example.org.',
    'org.',
  ];

  test('all names of its zones', async (t) => {
    const { plugin } = await file(t);
    assert.deepEqual(owned(plugin, ...NAMES), NAMES.slice(0, -1));
    assert.equal(plugin.chainNames, undefined);
    assert.equal(plugin.seesEveryQuery, undefined);
  });

  test('what does not fall through, and tells what comes and goes', async (t) => {
    const { plugin, write, look } = await file(t, 'file db {\nfallthrough\n}');
    const there = NAMES.filter(
      (name) => !['x.example.org.', 'ent.example.org.', 'org.'].includes(name),
    );
    assert.deepEqual(owned(plugin, ...NAMES), there);
    const { chainNames } = plugin;
    assert.ok(chainNames !== undefined);
    assert.deepEqual(
      NAMES.filter((name) => chainNames.has(name)),
      there,
    );
    assert.deepEqual(
      NAMES.filter((name) => chainNames.isOpen(name)),
      [],
    );
    assert.ok(chainNames.isOpen('wild.example.org.') && chainNames.isOpen('sub.example.org.'));
    const listed = [...chainNames.list()];
    for (const name of [
      'example.org.',
      'a.ent.example.org.',
      'wild.example.org.',
      'sub.example.org.',
    ])
      assert.ok(listed.includes(name), name);
    const changes: ChainNamesChange[] = [];
    chainNames.follow((change) => changes.push(change));
    write('db', withSerial(8, 'x A 192.0.2.9\n').replace('a.ent A', 'b.ent A'), LONG_AGO + 1);
    await look();
    assert.deepEqual(
      changes.map(({ names, hasOthers }) => [[...names].sort(), hasOthers]),
      [[['a.ent.example.org.', 'b.ent.example.org.', 'x.example.org.'], false]],
    );
    assert.deepEqual(owned(plugin, 'x.example.org.', 'a.ent.example.org.'), ['x.example.org.']);
    write('db', withSerial(9).replace('*.wild', '*.tame'), LONG_AGO + 2);
    await look();
    assert.equal(changes[1]?.hasOthers, true);
    assert.ok(changes[1]?.names.includes('tame.example.org.'));
  });
});

describe('file refuses', () => {
  const rows: readonly (readonly [text: string, error: RegExp, db?: string])[] = [
    ['file', /Cannot read "file": it has no argument; expected a file and zones/],
    ['file db {\nreload\n}', /Cannot read "reload": it has no argument; expected a duration/],
    ['file db {\nreload soon\n}', /Cannot read the reload "soon": it is no duration/],
    [
      'file db {\nhugo\n}',
      /Cannot use the property "hugo" of file: it is unknown; expected one of/,
    ],
    [
      'file db\nfile db',
      /Corefile:3: Cannot serve example.org. from "db": line 2 has a file for it; expected one file/,
    ],
    [
      'file none {\nreload 0\n}',
      /Cannot read ".*none" of example.org.: ENOENT.*; expected a readable file, or reload/,
    ],
    [
      'file db',
      /Corefile:2: Cannot serve example.org.: .*db:1: Cannot read the type "HUGO"/,
      'a 5 HUGO',
    ],
    [
      'file db',
      /db:1: Cannot use the file: it has no SOA of example.org.; expected one/,
      'a 5 A 192.0.2.1',
    ],
    [
      'file db',
      /db:2: Cannot use the SOA: it is the SOA of example.net.; expected that of example.org./,
      '$ORIGIN example.net.\n@ 5 SOA . . 1 2 3 4 5',
    ],
    ['file db', /Cannot use the SOA: it is a second SOA; expected one/, `${DB}@ SOA . . 1 2 3 4 5`],
    [
      'file db',
      /Cannot use the NSEC3PARAM: NSEC3 is not served; expected a zone signed with NSEC/,
      `${DB}@ NSEC3PARAM 1 0 0 -`,
    ],
  ];
  for (const [text, error, db = DB] of rows) {
    test(`${JSON.stringify(text)} ${db === DB ? '' : JSON.stringify(db.slice(-30))}`, async (t) => {
      await assert.rejects(file(t, text, { files: { db } }), error);
    });
  }

  test('records that can be left out, with a warning', async (t) => {
    const { lines, ask } = await file(t, 'file db', {
      files: {
        db: `${DB}out A 192.0.2.1\nns CNAME x\nout CNAME y.\nfar.example.net. A 192.0.2.1\nns A 192.0.2.1\n`,
      },
    });
    assert.deepEqual(
      lines.map((line) => line.replace(/".*\/|\/\S*\//, '')),
      [
        '[WARNING] plugin/file: db:10: Cannot use the A: out.example.org. has a CNAME too; expected one of them; it is left out',
        '[WARNING] plugin/file: db:11: Cannot use the CNAME: ns.example.org. has a A too; expected one of them; it is left out',
        '[WARNING] plugin/file: db:12: Cannot use the CNAME: out.example.org. has another CNAME; expected one; it is left out',
        '[WARNING] plugin/file: db:13: Cannot use the A: it is outside; expected a name in example.org.; it is left out',
      ],
    );
    assert.deepEqual((await ask('ns.example.org. A')).slice(0, 2), [
      'NOERROR aa',
      'ns.example.org. 60 IN A 192.0.2.1',
    ]);
  });
});
