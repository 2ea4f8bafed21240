/** Whatever is merged: done twice it is as done once, and no other line is touched. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseWithImports } from '../../../libs/corefile/load.ts';
import { merge } from './merge.ts';
import type { Forwarded } from './servers.ts';

const zone = fc.constantFrom('a.local', 'b.local', 'c.example.org');
const server = fc.constantFrom('192.0.2.1', '192.0.2.2:5353', '[2001:db8::1]:53');
const servers = fc.uniqueArray(server, { minLength: 1 });

const config: fc.Arbitrary<Forwarded> = fc.record({
  stubDomains: fc.uniqueArray(fc.record({ zone, servers }), {
    selector: (stub) => stub.zone,
  }),
  upstream: fc.option(fc.record({ zone: fc.constant('.'), servers }), {
    nil: undefined,
  }),
  federations: fc
    .dictionary(fc.constantFrom('fed', 'other'), fc.constantFrom('x.org', 'y.org'))
    .map((all) => new Map(Object.entries(all))),
});

const indent = fc.constantFrom('  ', '    ', '\t');
const forward = fc
  .tuple(indent, servers, fc.constantFrom('', ' # ours', ' {\n max_fails 1\n}'))
  .map(([blank, to, end]) => `${blank}forward . ${to.join(' ')}${end}`);
const line = fc.oneof(
  forward,
  fc.constantFrom('    errors', '\tcache 30', '  import up', '', '# a comment {', '  log . "a b"'),
  fc.constantFrom('    kubernetes cluster.local', '  kubernetes cluster.local {\n  ttl 5\n  }'),
);
const block = fc
  .tuple(
    fc.constantFrom(
      '.',
      '.:53',
      'a.local',
      'b.local:53',
      'd.local',
      '. d.local',
      'a.local b.local',
    ),
    fc.array(line),
  )
  .map(([key, lines]) => `${[`${key} {`, ...lines, '}'].join('\n')}\n`);
const UP = '(up) {\n forward . 192.0.2.3\n}\n';
const OPEN = 'c.example.org\nforward . 192.0.2.4';
const text = fc
  .tuple(fc.array(block), fc.constantFrom('', '# the end', '\n', OPEN))
  .map(([blocks, end]) => UP + blocks.join('') + end);

const parsed = (source: string) =>
  parseWithImports({ file: 'Corefile', text: source }, {}, () => {});

/** Whom each server block asks, in the order of the file. */
function asked(source: string) {
  return parsed(source).blocks.map(({ keys, directives }) => ({
    zones: keys.map(({ zone }) => zone),
    servers: directives
      .filter(({ name }) => name === 'forward')
      .map(({ args }) => args.map((word) => word.text).join(' ')),
  }));
}

function merged(source: string, wanted: Forwarded): string {
  const corefile = parsed(source);
  const rest = { file: 'Corefile', corefile, cluster: 'here', remark: () => {} };
  return merge(source, wanted, rest).text();
}

describe('merge', () => {
  test('says nothing more the second time', () => {
    fc.assert(
      fc.property(text, config, (source, wanted) => {
        const once = merged(source, wanted);
        assert.equal(merged(once, wanted), once);
      }),
    );
  });

  test('keeps all lines that it does not speak of, in their order', () => {
    const others = (of: string) =>
      of.split('\n').filter((one) => !/^\s*(forward|kubernetes|federation)\b/.test(one));
    fc.assert(
      fc.property(text, config, (source, wanted) => {
        const after = others(merged(source, wanted));
        let at = 0;
        for (const one of others(source).filter((each) => each !== '')) {
          at = after.indexOf(one, at) + 1;
          assert.ok(at > 0, one);
        }
      }),
    );
  });

  test('leaves whom is asked for zones that it does not speak of', () => {
    fc.assert(
      fc.property(text, config, (source, wanted) => {
        const spoken = [...wanted.stubDomains, ...(wanted.upstream ? [wanted.upstream] : [])];
        const names = spoken.map((one) => (one.zone === '.' ? '.' : `${one.zone}.`));
        const after = asked(merged(source, wanted));
        for (const [i, before] of asked(source).entries()) {
          const isOf = before.zones.every((one) => names.includes(one));
          if (!isOf) assert.deepEqual(after[i], before);
          assert.equal(after[i]?.servers.length, before.servers.length);
        }
      }),
    );
  });

  test('leaves the text alone where nothing is said', () => {
    const nothing = { stubDomains: [], upstream: undefined, federations: new Map() };
    fc.assert(fc.property(text, (source) => assert.equal(merged(source, nothing), source)));
  });
});
