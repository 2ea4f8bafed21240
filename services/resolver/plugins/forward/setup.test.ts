import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { createPolicy } from './policy.ts';
import { createForwardSetup } from './setup.ts';
import { serversOf } from './to.ts';

const FILES: Readonly<Record<string, string>> = {
  '/etc/resolv.conf': '# mine\nsearch a.example\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n',
  empty: 'search a.example\n',
  broken: 'nameserver ns.example\n',
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text !== undefined) return text;
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
}

function servers(text: string): readonly string[] {
  const found = serversOf({ text, file: 'Corefile', line: 7 }, readFile);
  return found.map(({ address, port }) => `${address} ${port}`);
}

test('serversOf takes addresses and files', () => {
  assert.deepEqual(servers('192.0.2.1'), ['192.0.2.1 53']);
  assert.deepEqual(servers('192.0.2.1:1053'), ['192.0.2.1 1053']);
  assert.deepEqual(servers('dns://192.0.2.1:1053'), ['192.0.2.1 1053']);
  assert.deepEqual(servers('2001:DB8::1'), ['2001:db8::1 53']);
  assert.deepEqual(servers('[2001:db8::1]:1053'), ['2001:db8::1 1053']);
  assert.deepEqual(servers('[2001:db8::1]'), ['2001:db8::1 53']);
  assert.deepEqual(servers('fe80::1%eth0'), ['fe80::1%eth0 53']);
  assert.deepEqual(servers('/etc/resolv.conf'), ['192.0.2.53 53', 'fe80::1%eth0 53']);
});

describe('forward refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'forward',
      /Corefile:2: Cannot read "forward": it has no argument; expected a zone and 1 to 15/,
    ],
    ['forward .', /it has one argument; expected a zone and 1 to 15 upstreams/],
    ['forward . ns.example', /the upstream "ns.example": it is no address, and no file: ENOENT/],
    ['forward . 192.0.2.1:0', /the upstream "192.0.2.1:0": it is no address, and no file/],
    ['forward . ""', /Cannot read the upstream ""/],
    ['forward . empty', /the upstream "empty": it is a file without a nameserver; expected/],
    ['forward . broken', /the upstream "broken": it has a nameserver "ns.example", which is no/],
    ['forward . tls://9.9.9.9', /the upstream "tls:\/\/9.9.9.9": tls is not here yet; expected/],
    ['forward a..b 9.9.9.9', /Cannot use the domain name "a..b."/],
    [
      'forward . 9.9.9.9 {\n tls\n}',
      /Corefile:3: .*"tls" of forward: CoreDNS has it, we do not yet/,
    ],
    ['forward . 9.9.9.9 {\n foo\n}', /"foo" of forward: it is unknown; expected one of except,/],
    ['forward . 9.9.9.9 {\n policy best\n}', /expected one of random, round_robin, sequential/],
    ['forward . 9.9.9.9 {\n force_tcp now\n}', /expected no argument/],
    ['forward . 9.9.9.9 {\n except\n}', /Cannot read "except": it has no argument/],
    ['forward . 9.9.9.9 {\n read_timeout 2m\n}', /out of range; expected 1ms to 1m/],
    ['forward . 9.9.9.9 {\n max_fails -1\n}', /Cannot read the max_fails "-1"/],
    ['forward . 9.9.9.9 {\n health_check 5\n}', /Cannot read the health_check "5"/],
    ['forward . 9.9.9.9 {\n health_check 5s domain\n}', /it names nothing; expected domain NAME/],
  ];
  const setup = createForwardSetup(readFile);
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => {
      assert.throws(() => setup(directives(lines), setupContext().context), {
        name: 'ConfigurationError',
        message,
      });
    });
  }
});

describe('policy', () => {
  test('sequential keeps the order', () => {
    assert.deepEqual(createPolicy('sequential', () => 0)([1, 2, 3]), [1, 2, 3]);
  });

  test('round_robin begins with the next each time', () => {
    const policy = createPolicy('round_robin', () => 0);
    assert.deepEqual(
      [policy([1, 2]), policy([1, 2]), policy([1, 2])],
      [
        [1, 2],
        [2, 1],
        [1, 2],
      ],
    );
  });

  test('random draws', () => {
    assert.deepEqual(createPolicy('random', () => 0.5)([1, 2, 3]), [2, 3, 1]);
  });
});
