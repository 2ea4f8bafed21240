import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

/** Knows this of each query, and writes down which values were read. */
function knowing(name: string, facts: Readonly<Record<string, string>>, read: string[]): Plugin {
  return {
    name,
    *metadata({ name: asked }) {
      for (const [fact, value] of Object.entries(facts)) {
        const label = `${name}/${fact}`;
        yield [
          label,
          () => {
            read.push(label);
            return `${value} of ${asked}`;
          },
        ];
      }
    },
  };
}

/** What a plugin at the end of the chain gets with a query, and what it reads of that. */
async function received(lines: string, plugins: readonly Plugin[], name = 'web.example.') {
  const queries: Query[] = [];
  const last: Plugin = {
    name: 'last',
    handle: async (query) => {
      queries.push(query);
      return emptyResponse(RCODE.NOERROR);
    },
  };
  const metadata = setup(directives(lines), setupContext({ zones: ['example.'] }).context);
  await compose([metadata, ...plugins, last])(queryOf(name, 'A'));
  const [query] = queries;
  assert.ok(query !== undefined);
  return query.metadata;
}

describe('metadata', () => {
  test('gives what each plugin of the server block knows, by label', async () => {
    const one = knowing('kubernetes', { service: 'web', namespace: 'shop' }, []);
    const other = knowing('forward', { upstream: '192.0.2.53' }, []);
    const got = await received('metadata', [one, { name: 'cache' }, other]);
    const values = [...(got ?? [])].map(([label, value]) => [label, value()]);
    assert.deepEqual(values, [
      ['kubernetes/service', 'web of web.example.'],
      ['kubernetes/namespace', 'shop of web.example.'],
      ['forward/upstream', '192.0.2.53 of web.example.'],
    ]);
  });

  test('finds out what is read, and nothing else', async () => {
    const read: string[] = [];
    const plugin = knowing('kubernetes', { service: 'web', namespace: 'shop' }, read);
    const got = await received('metadata', [plugin]);
    assert.deepEqual(read, []);
    got?.get('kubernetes/namespace')?.();
    assert.deepEqual(read, ['kubernetes/namespace']);
  });

  const rows: readonly (readonly [lines: string, name: string, has: boolean])[] = [
    ['metadata', 'web.example.', true],
    ['metadata', 'web.example.org.', false],
    ['metadata example.org', 'web.example.org.', true],
    ['metadata example.org', 'web.example.', false],
    ['metadata Example.org .', 'web.test.', true],
  ];
  for (const [lines, name, has] of rows) {
    test(`"${lines}" ${has ? 'collects' : 'leaves alone'} ${name}`, async () => {
      const got = await received(lines, [knowing('kubernetes', { service: 'web' }, [])], name);
      assert.equal(got !== undefined, has);
    });
  }

  test('leaves queries as they are where no plugin knows anything', async () => {
    assert.equal(await received('metadata', [{ name: 'cache' }]), undefined);
  });

  test('lets the table answer', () => {
    const plugin = setup(directives('metadata'), setupContext().context);
    assert.deepEqual([plugin.seesEveryQuery, plugin.seesEveryDenial], [undefined, undefined]);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['metadata a..b', /Corefile:2: Cannot use the domain name/],
    ['metadata\nmetadata', /Corefile:3: Cannot use "metadata" again/],
    ['metadata {\n x\n}', /Corefile:2: Cannot read the block of "metadata"/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
