import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { createPolicy } from './policy.ts';
import { createForwardSetup } from './setup.ts';
import { targetsOf } from './to.ts';

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
  return targetsOf({ text, file: 'Corefile', line: 7 }, readFile).map((target) => {
    const { transport, port, serverName = '-', path = '' } = target.server;
    const where = target.kind === 'host' ? target.host : target.server.address;
    return `${transport} ${where} ${port} ${serverName}${path}`;
  });
}

describe('a TO', () => {
  const rows: readonly (readonly [text: string, ...servers: readonly string[]])[] = [
    ['192.0.2.1', 'dns 192.0.2.1 53 -'],
    ['192.0.2.1:1053', 'dns 192.0.2.1 1053 -'],
    ['dns://192.0.2.1:1053', 'dns 192.0.2.1 1053 -'],
    ['2001:DB8::1', 'dns 2001:db8::1 53 -'],
    ['[2001:db8::1]:1053', 'dns 2001:db8::1 1053 -'],
    ['[2001:db8::1]', 'dns 2001:db8::1 53 -'],
    ['fe80::1%eth0', 'dns fe80::1%eth0 53 -'],
    ['[fe80::1%eth0]:1053', 'dns fe80::1%eth0 1053 -'],
    ['/etc/resolv.conf', 'dns 192.0.2.53 53 -', 'dns fe80::1%eth0 53 -'],
    ['empty'],
    ['tls://9.9.9.9', 'tls 9.9.9.9 853 -'],
    ['tls://9.9.9.9%dns.quad9.net', 'tls 9.9.9.9 853 dns.quad9.net'],
    ['tls://9.9.9.9%dns.quad9.net:10853', 'tls 9.9.9.9 10853 dns.quad9.net'],
    ['tls://2620:fe::fe%dns.quad9.net', 'tls 2620:fe::fe 853 dns.quad9.net'],
    ['tls://[2620:fe::fe%dns.quad9.net]:10853', 'tls 2620:fe::fe 10853 dns.quad9.net'],
    ['https://9.9.9.9', 'https 9.9.9.9 443 -'],
    ['https://9.9.9.9:8443/ask', 'https 9.9.9.9 8443 -/ask'],
    ['NS.example', 'dns ns.example. 53 -'],
    ['ns.example.:1053', 'dns ns.example. 1053 -'],
    ['ns', 'dns ns. 53 -'],
    ['tls://dns.quad9.net', 'tls dns.quad9.net. 853 dns.quad9.net'],
    ['tls://a.example%b.example', 'tls a.example. 853 b.example'],
    ['https://dns.example/dns-query', 'https dns.example. 443 dns.example/dns-query'],
  ];
  for (const [text, ...expected] of rows) {
    test(`is ${JSON.stringify(text)}`, () => assert.deepEqual(servers(text), expected));
  }
});

test('any other TO is refused with its place, in a sentence', () => {
  const parts = fc.constantFrom(
    ...['tls://', 'https://', 'dns://', '://', '[', ']', '%', ':', '/', '.', '-'],
    ...['10.0.0.1', '2001:db8::1', 'ns.example', '53', '70000', 'a', 'é', ' '],
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 6 }), (some) => {
      try {
        for (const target of targetsOf({ text: some.join(''), file: 'F', line: 7 }, readFile)) {
          assert.ok(target.server.port >= 1 && target.server.port <= 65_535);
        }
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'ConfigurationError');
        assert.match(error.message, /^F:7: Cannot read the upstream ".*": .*; expected /s);
      }
    }),
    { numRuns: 2000 },
  );
});

describe('forward refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'forward',
      /Corefile:2: Cannot read "forward": it has no argument; expected a zone and 1 to 15/,
    ],
    ['forward .', /it has one argument; expected a zone and 1 to 15 upstreams/],
    [
      'forward . /etc/resolv',
      /the upstream "\/etc\/resolv": it is no address, and no file: ENOENT/,
    ],
    ['forward . 192.0.2.1:0', /the upstream "192.0.2.1:0": its port is "0"; expected 1 to 65535/],
    ['forward . 127.0.0.1:70000', /its port is "70000"; expected 1 to 65535/],
    ['forward . ns.example:dns', /its port is "dns"; expected 1 to 65535/],
    ['forward . 10.0.0.300', /the upstream "10.0.0.300": it is no IP address; expected an IP/],
    ['forward . ns..example', /it names no server; expected an IP address, ADDRESS:PORT/],
    ['forward . ""', /Cannot read the upstream ""/],
    ['forward . empty', /Corefile:2: Cannot forward: no file names a server; expected 1 to 15/],
    ['forward . broken', /the upstream "broken": it has a nameserver "ns.example", which is no/],
    ['forward . quic://9.9.9.9', /"quic:\/\/": CoreDNS has it, we do not yet; expected dns:\/\//],
    ['forward . ftp://9.9.9.9', /"ftp:\/\/": it is unknown; expected dns:\/\/, tls:\/\/ or/],
    ['forward a..b 9.9.9.9', /Cannot use the domain name "a..b."/],
    ['forward . 9.9.9.9 {\n tls a b c d\n}', /expected nothing, CA, CERT KEY, or CERT KEY CA/],
    ['forward . tls://9.9.9.9 {\n tls nowhere.pem\n}', /:3: Cannot use "nowhere.pem" for TLS/],
    [
      'forward . tls://9.9.9.9%a {\n tls_servername b\n}',
      /:3: Cannot read the tls_servername "b": "tls:\/\/9.9.9.9%a" has a name of its own; expected/,
    ],
    [
      'forward . 9.9.9.9 {\n expire 10s\n max_age 5s\n}',
      /:4: Cannot use max_age: it is 5000 ms, and expire is 10000 ms; expected 0, or no less/,
    ],
    ['forward . 9.9.9.9 {\n expire -1s\n}', /Cannot read the expire "-1s"/],
    ['forward . 9.9.9.9 {\n max_idle_conns -1\n}', /Cannot read the max_idle_conns "-1"/],
    ['forward . 9.9.9.9 {\n doh_method PUT\n}', /it is unknown; expected one of GET, POST/],
    ['forward . 9.9.9.9 {\n failover NOERROR\n}', /response code "NOERROR": it is none here/],
    ['forward . 9.9.9.9 {\n next BAD\n}', /response code "BAD": it is none here; expected one/],
    ['forward . 9.9.9.9 {\n next\n}', /Cannot read "next": it has no argument; expected response/],
    ['forward . 9.9.9.9 {\n next_on_nodata x\n}', /expected no argument/],
    ['forward . 9.9.9.9 {\n source_address eth0\n}', /the source_address "eth0": it is no IP/],
    [
      'forward . 9.9.9.9 {\n source_address ::1\n}',
      /it is IPv6, and the upstream "9.9.9.9" not; expected an address of the same family/,
    ],
    ['forward . ns.example {\n resolver ns2\n}', /Cannot read the resolver "ns2": it is no IP/],
    ['forward . ns.example {\n resolver 9.9.9.9:0\n}', /its port is "0"/],
    ['forward . 9.9.9.9 {\n max_connect_attempts 101\n}', /out of range; expected 0 to 100/],
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
