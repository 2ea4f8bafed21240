import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../libs/dns/iana.ts';
import { NO_FLAGS } from '../../libs/dns/message.ts';
import { compose } from './chain.ts';
import type { Below, Plugin } from './plugin.ts';
import type { Query } from './query.ts';
import { emptyResponse } from './response.ts';

const question = { name: 'Web.example.', type: 'A', class: 1 };
const query: Query = {
  message: {
    id: 1,
    flags: NO_FLAGS,
    opcode: 0,
    rcode: 0,
    question,
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
  },
  question,
  name: 'web.example.',
  client: { address: '127.0.0.1', port: 5353, transport: 'udp' },
};

/** A plugin that writes down that it was asked, and asks the next one `times` times. */
function asker(name: string, times: number, asked: string[]): Plugin {
  return {
    name,
    async handle(received, next) {
      asked.push(name);
      let response = emptyResponse(RCODE.NOERROR);
      for (let i = 0; i < times; i++) response = await next(received);
      return response;
    },
  };
}

describe('compose', () => {
  test('asks plugins in their order until one answers', async () => {
    const asked: string[] = [];
    const only = { name: 'configures' };
    const chain = compose([asker('a', 1, asked), only, asker('b', 0, asked), asker('c', 0, asked)]);
    assert.equal((await chain(query)).rcode, RCODE.NOERROR);
    assert.deepEqual(asked, ['a', 'b']);
  });

  test('refuses at its end', async () => {
    assert.equal((await compose([])(query)).rcode, RCODE.REFUSED);
    assert.equal((await compose([asker('a', 1, [])])(query)).rcode, RCODE.REFUSED);
  });

  test('lets a plugin ask the next one once', async () => {
    const asked: string[] = [];
    const chain = compose([asker('a', 2, asked), asker('b', 0, asked)]);
    await assert.rejects(chain(query), /Cannot ask the next plugin again: "a" did; expected once/);
    assert.deepEqual(asked, ['a', 'b']);
  });

  test('lets a plugin ask as often as it says, and no more', async () => {
    const asks = (times: number) => {
      const several = { ...asker('a', times, []), asksMax: 3 };
      return compose([several, asker('b', 0, [])])(query);
    };
    assert.equal((await asks(3)).plugin, 'b', 'who made the response is still known');
    await assert.rejects(asks(4), /again: "a" did; expected 3 times at most/);
  });

  test('starts afresh with each query', async () => {
    const chain = compose([asker('a', 1, []), asker('b', 0, [])]);
    await chain(query);
    assert.equal((await chain(query)).rcode, RCODE.NOERROR);
  });

  test('tells a plugin what is below it, to be asked without a query', async () => {
    const told: Below[] = [];
    const below = (rest: Below) => told.push(rest);
    compose([
      { name: 'above', owns: () => true },
      { name: 'cache', below },
      {
        name: 'source',
        owns: (name) => name === 'mine.',
        handle: async () => emptyResponse(RCODE.NXDOMAIN),
      },
    ]);
    const [rest] = told;
    assert.ok(rest !== undefined);
    assert.equal((await rest.ask(query)).rcode, RCODE.NXDOMAIN);
    assert.equal((await rest.ask(query)).rcode, RCODE.NXDOMAIN, 'and again');
    assert.deepEqual(['mine.', 'other.'].map(rest.owns), [true, false]);
  });

  describe('says who made the response', () => {
    const madeBy = async (...plugins: readonly Plugin[]) => (await compose(plugins)(query)).plugin;
    const source = asker('source', 0, []);
    const changes: Plugin = {
      name: 'changes',
      handle: async (received, next) => ({ ...(await next(received)), authoritative: true }),
    };
    const remade: Plugin = {
      name: 'remakes',
      handle: async (received, next) => emptyResponse((await next(received)).rcode),
    };
    const kept = { ...emptyResponse(RCODE.NOERROR), plugin: 'forward' };

    test('who answered without the next', async () => {
      assert.equal(await madeBy(asker('a', 1, []), changes, source), 'source');
    });

    test('who gave what another made before', async () => {
      assert.equal(await madeBy(changes, { name: 'cache', handle: async () => kept }), 'cache');
    });

    test('who made another of it', async () => {
      assert.equal(await madeBy(changes, remade, source), 'remakes');
    });

    test('nobody at the end of the chain', async () => {
      assert.equal(await madeBy(changes, asker('a', 1, [])), '');
    });
  });
});
