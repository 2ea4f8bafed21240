/** Upstreams that are named, not addressed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { answerTo, type Script } from '../../../../test/servers/upstream.ts';
import { at, givenForward, givenUpstreams, shown } from './given-forward.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const answers: Script = (query) => [answerTo(query, [A])];
const silent: Script = () => [];
/** Knows the addresses of one host. */
const knows = (...addresses: readonly string[]): Script => {
  return (query) => {
    const { name = '', type } = query.question ?? {};
    const records = addresses
      .filter((address) => address.includes(':') === (type === 'AAAA'))
      .map((address) => `${name} 60 IN ${type} ${address}`);
    return [answerTo(query, name === 'ns.example.' ? records : [])];
  };
};
const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(5);
};

describe('an upstream that is a name', () => {
  test('has the addresses that a resolver of the Corefile says', async (t) => {
    const [upstream, resolver] = await givenUpstreams(t, answers, knows('127.0.0.1'));
    assert.ok(upstream && resolver);
    const { plugin } = givenForward(
      t,
      `forward . NS.example:${upstream.port} {\n resolver 127.0.0.1:${resolver.port}\n}`,
    );
    await plugin.start?.();
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
    assert.deepEqual([...resolver.asked].sort(), ['udp ns.example. A', 'udp ns.example. AAAA']);
    assert.deepEqual(plugin.waitingFor?.(), []);
  });

  test('asks the next resolver when one is silent or knows nothing', async (t) => {
    const [upstream, no, yes] = await givenUpstreams(t, answers, knows(), knows('127.0.0.1'));
    assert.ok(upstream && no && yes);
    const resolvers = [no, yes].map(at).join(' ');
    const { plugin } = givenForward(
      t,
      `forward . ns.example:${upstream.port} {\n resolver ${resolvers}\n}`,
    );
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
  });

  test('has those of the hosts file of the machine', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    const files = { '/etc/hosts': '# mine\n127.0.0.1 other NS.example # a server\n' };
    const { plugin } = givenForward(t, `forward . ns.example:${upstream.port}`, files);
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
  });

  test('does not hold up the start, and fails queries with the reason', async (t) => {
    const gate = Promise.withResolvers<void>();
    const resolving: Script = async (query, via) => {
      await gate.promise;
      return knows()(query, via);
    };
    const [resolver] = await givenUpstreams(t, resolving);
    assert.ok(resolver);
    const { plugin, said } = givenForward(
      t,
      `forward . ns.example {\n resolver ${at(resolver)}\n}`,
    );
    await plugin.start?.();
    assert.deepEqual(plugin.waitingFor?.(), ['the address of ns.example.']);
    const failed = assert.rejects(askPlugin(plugin, 'a.example.', 'A'), {
      name: 'QueryFailure',
      message: 'no upstream of "." answered: no address of ns.example. is known',
    });
    gate.resolve();
    await failed;
    assert.deepEqual(plugin.waitingFor?.(), [], 'others are answered');
    assert.deepEqual(plugin.notes?.(), ['no address of ns.example.']);
    await assert.rejects(
      askPlugin(plugin, 'b.example.', 'A'),
      /no address of ns.example. is known/,
    );
    assert.deepEqual(said, [
      '[WARNING] plugin/forward: no address of ns.example.: there is no address',
    ]);
  });

  test('is looked up until there is an address', async (t) => {
    let isThere = false;
    const [upstream, resolver] = await givenUpstreams(t, answers, (query, via) =>
      isThere ? knows('127.0.0.1')(query, via) : [answerTo(query, [], { rcode: RCODE.SERVFAIL })],
    );
    assert.ok(upstream && resolver);
    const { plugin, said } = givenForward(
      t,
      `forward . ns.example:${upstream.port} {\n resolver ${at(resolver)}\n}`,
    );
    await plugin.start?.();
    await until(() => said.length > 0);
    assert.match(said[0] ?? '', /the resolver says SERVFAIL/);
    isThere = true;
    await until(() => plugin.notes?.().length === 0);
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
  });

  test('is looked up again when it has moved, though others answer', async (t) => {
    let address = '127.0.0.9';
    const [upstream, resolver] = await givenUpstreams(t, answers, (query, via) =>
      knows(address)(query, via),
    );
    assert.ok(upstream && resolver);
    const { plugin, clock } = givenForward(
      t,
      `forward . ns.example:${upstream.port} ${at(upstream)} {
        resolver ${at(resolver)}
        policy sequential
        health_check 1ms
        max_fails 1
      }`,
    );
    await plugin.start?.();
    await until(() => resolver.asked.length === 2);
    address = '127.0.0.1';
    await until(() => plugin.notes?.().length === 0);
    // Nobody listens there: the first query finds that out.
    clock.extraMs = 5000;
    while (resolver.asked.length === 2) {
      assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
      await sleep(5);
    }
    assert.deepEqual([...resolver.asked.slice(2)].sort(), resolver.asked.slice(0, 2).sort());
  });

  test('is left to others while it has no address', async (t) => {
    const [upstream, resolver] = await givenUpstreams(t, answers, silent);
    assert.ok(upstream && resolver);
    const { plugin } = givenForward(
      t,
      `forward . ns.example ${at(upstream)} {\n resolver ${at(resolver)}\n}`,
    );
    await plugin.start?.();
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
    assert.deepEqual(plugin.waitingFor?.(), []);
    assert.deepEqual(plugin.notes?.(), ['no address of ns.example.']);
  });

  test('is asked once where an address names it as well, from a fitting source', async (t) => {
    const [upstream, resolver] = await givenUpstreams(
      t,
      (query) => [answerTo(query, [], { rcode: RCODE.SERVFAIL })],
      knows('::1', '127.0.0.1'),
    );
    assert.ok(upstream && resolver);
    const { plugin } = givenForward(
      t,
      `forward . ns.example:${upstream.port} ${at(upstream)} {
        resolver ${at(resolver)}
        source_address 127.0.0.1
        failover SERVFAIL
        force_tcp
      }`,
    );
    await plugin.start?.();
    await until(() => plugin.notes?.().length === 0);
    await askPlugin(plugin, 'a.example.', 'A');
    assert.deepEqual(upstream.asked, ['tcp a.example. A']);
  });
});
