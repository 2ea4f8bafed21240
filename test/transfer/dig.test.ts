/** What `dig` gets of a zone: it verifies the signatures of each message itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { findServer, missingServer } from '../servers/find-server.ts';
import { serveZone } from './serve-zone.ts';

const found = findServer('dig');
const skip = found === undefined && missingServer('dig');
const run = promisify(execFile);

const SECRET = Buffer.from('a secret of some octets').toString('base64');
const signedWith = (algorithm: string, secret = SECRET) => [
  '-y',
  `${algorithm}:key.test:${secret}`,
];

/** Its lines, blanks made single. */
const dig = async (port: number, ...args: readonly string[]) => {
  const flags = ['@127.0.0.1', '-p', String(port), '+time=5', '+tries=1', '+nocmd', '+nostats'];
  const { stdout } = await run(found ?? '', [...flags, ...args], { maxBuffer: 1 << 26 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\s+/g, ' '));
};

/** The records, as they came. */
const records = async (port: number, ...args: readonly string[]) => {
  const lines = await dig(port, ...args);
  return lines.filter((line) => !line.startsWith(';') && !line.includes(' TSIG '));
};

const SOA = (serial: number) => `a.test. 5 IN SOA ns.a.test. h.a.test. ${serial} 7200 1800 86400 5`;
const NS = 'a.test. 5 IN NS ns.a.test.';
const WEB = (host: number) => `web.a.test. 5 IN A 192.0.2.${host}`;

describe('dig', { skip }, () => {
  test('AXFR has the whole zone between its SOAs, also in lower and upper case', async (t) => {
    const { port, put, seal } = await serveZone(t, 'transfer {\nto *\n}');
    put(NS, WEB(1));
    seal(7);
    const whole = [SOA(7), NS, WEB(1), SOA(7)];
    assert.deepEqual(await records(port, 'a.test', 'AXFR'), whole);
    assert.equal((await records(port, 'A.TEST', 'AXFR')).length, 4);
  });

  test('IXFR has what changed since a serial, or the zone, or its SOA alone', async (t) => {
    const { port, put, seal } = await serveZone(t, 'transfer {\nto *\n}');
    put(NS, WEB(1));
    seal(7);
    put(WEB(2));
    seal(9);
    const changes = [SOA(9), SOA(7), WEB(1), SOA(9), WEB(2), SOA(9)];
    assert.deepEqual(await records(port, 'a.test', 'IXFR=7'), changes);
    assert.deepEqual(await records(port, 'a.test', 'IXFR=7', '+notcp'), changes);
    assert.deepEqual(await records(port, 'a.test', 'IXFR=8'), [SOA(9), NS, WEB(2), SOA(9)]);
    assert.deepEqual(await records(port, 'a.test', 'IXFR=9'), [SOA(9)]);
    assert.deepEqual(await records(port, 'a.test', 'IXFR=10'), [SOA(9)]);
    assert.deepEqual(await records(port, 'a.test', 'IXFR=8', '+notcp'), [SOA(9)]);
  });

  test('gets 10,000 services whole, each message signed', async (t) => {
    const { port, put, seal, lines } = await serveZone(
      t,
      `tsig {\nsecret key.test ${SECRET}\n}\ntransfer {\nto 127.0.0.0/8 key key.test\n}`,
    );
    put(NS);
    const count = 10_000;
    for (let i = 0; i < count; i++) {
      const name = `service-${i}.namespace-${i % 100}.svc.a.test.`;
      const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      put(
        `${name} 5 IN A ${address}`,
        `${name} 5 IN AAAA 2001:db8::${i.toString(16)}`,
        `${name} 5 IN SRV 0 100 80 ${name}`,
      );
      for (const port of ['http', 'grpc', 'metrics']) {
        put(`_${port}._tcp.${name} 5 IN SRV 0 100 80 ${name}`);
      }
    }
    seal(1);
    const begun = performance.now();
    const got = await dig(port, 'a.test', 'AXFR', ...signedWith('hmac-sha256'));
    t.diagnostic(`${got.length} lines after ${Math.round(performance.now() - begun)} ms`);
    const answers = got.filter((line) => !line.startsWith(';') && !line.includes(' TSIG '));
    assert.equal(answers.length, 6 * count + 3);
    assert.ok(!got.some((line) => /validate|verify|failed/i.test(line)), got.slice(-3).join());
    const messages = got.filter((line) => line.includes(' TSIG ')).length;
    assert.ok(messages > 10, `${messages} messages`);
    assert.match(
      lines.join('\n'),
      /\[INFO\] plugin\/transfer: a\.test\. of serial 1 to 127\.0\.0\.1/,
    );
  });

  for (const algorithm of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
    test(`verifies a reply that is signed with hmac-${algorithm}`, async (t) => {
      const { port, seal } = await serveZone(
        t,
        `tsig {\nsecret key.test ${SECRET} hmac-${algorithm}\nrequire all\n}`,
      );
      seal(7);
      const signed = await dig(port, 'a.test', 'SOA', ...signedWith(`hmac-${algorithm}`));
      assert.ok(signed.includes(SOA(7)));
      assert.ok(!signed.some((line) => /verify|validate/i.test(line)), signed.join('\n'));
      assert.match((await dig(port, 'a.test', 'SOA')).join(), /status: REFUSED/);
    });
  }

  test('is refused with a wrong secret or key, and told why', async (t) => {
    const { port, seal } = await serveZone(
      t,
      `tsig {\nsecret key.test ${SECRET}\n}\ntransfer {\nto * key key.test\n}`,
    );
    seal(7);
    const wrong = Buffer.from('another').toString('base64');
    const badSignature = await dig(port, 'a.test', 'SOA', ...signedWith('hmac-sha256', wrong));
    assert.match(badSignature.join(), /status: NOTAUTH.*BADSIG/);
    const badKey = await dig(port, 'a.test', 'SOA', '-y', `hmac-sha256:other.test:${SECRET}`);
    assert.match(badKey.join(), /status: NOTAUTH.*BADKEY/);
    assert.match((await dig(port, 'a.test', 'AXFR')).join(), /Transfer failed/);
  });
});
