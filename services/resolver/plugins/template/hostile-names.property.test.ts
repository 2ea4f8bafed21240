import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameFromWire } from '../../../../libs/dns/name.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

/** Names of any octets, as they come from the wire. */
const octets = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(...Buffer.from(' ";()\\.@$\n\t{}\'`#*')),
);
const names = fc
  .array(fc.array(octets, { minLength: 1, maxLength: 12 }), { maxLength: 5 })
  .map((labels) => {
    const wire = Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
    return nameFromWire(wire, 0)?.name ?? assert.fail('it is no name');
  });

const BLOCK = `template IN TXT {
    answer "{{ .Name }} 60 TXT \\"{{ len .Name }}\\""
    authority "{{ .Question.Name }} 60 NS {{ .Name }}"
}
template IN MX {
    match "^(?P<first>.*?)[.](?P<rest>.*)$"
    answer "{{ .Group.first }}.x 60 TXT a" "{{ .Group.rest }} 60 NS a.{{ .Group.rest }}"
    additional "x 60 TXT {{ printf \\"%q\\" .Name }}"
    fallthrough
}`;

const plugin = setup(directives(BLOCK), setupContext().context);
const ask = async (name: string, type: string) => {
  const query = queryOf(name, type);
  const response = await plugin.handle?.(query, async () => emptyResponse(3));
  return { query, response: response ?? assert.fail('it has no handler') };
};

test('a name makes the records that the template says, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      const { query, response } = await ask(name, 'TXT');
      const { answer, authority } = response;
      assert.deepEqual(answer, [
        { name: query.name, ttl: 60, type: 'TXT', rdata: `"${query.name.length}"` },
      ]);
      assert.deepEqual(authority, [{ name, ttl: 60, type: 'NS', rdata: query.name }]);
    }),
    { numRuns: 1000 },
  );
});

test('a part of a name makes records, or a failure', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      try {
        const { answer, rcode } = (await ask(name, 'MX')).response;
        if (rcode === 0) assert.equal(answer.length, 2);
      } catch (error) {
        assert.ok(error instanceof QueryFailure, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
