import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { Authority } from '../../../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import { createTlsSetup } from './setup.ts';

const folder = makeTempDirectory();
after(() => removeTempDirectory(folder));
const authority = new Authority(folder);
const own = authority.give('own');
const renewed = authority.give('renewed');
const FILE = join(folder, 'Corefile');

const setup = createTlsSetup({ every: () => () => {} });
const securityOf = (lines: string) =>
  setup(directives(lines, FILE), setupContext().context).security;

describe('tls', () => {
  test('names files beside the Corefile, and a policy', () => {
    const security = securityOf('tls own.crt own.key authority.crt {\n client_auth require\n}');
    assert.deepEqual(security?.keys.files, { ...own, ca: authority.ca });
    assert.equal(security?.clientAuth, 'require');
    assert.equal(securityOf('tls own.crt own.key')?.clientAuth, 'nocert');
  });

  test('looks at its files from its start to its end', async () => {
    const copy = { cert: join(folder, 'copy.crt'), key: join(folder, 'copy.key') };
    const put = ({ cert, key }: typeof copy) => {
      copyFileSync(cert, copy.cert);
      copyFileSync(key, copy.key);
    };
    put(own);
    const looks: (() => Promise<void>)[] = [];
    const looking = createTlsSetup({
      every: (_ms, work) => {
        looks.push(work);
        return () => looks.pop();
      },
    });
    const { context, lines } = setupContext();
    const plugin = looking(directives('tls copy.crt copy.key', FILE), context);
    await plugin.start?.();
    const before = plugin.security?.keys.now;
    await looks[0]?.();
    assert.equal(plugin.security?.keys.now, before);
    put(renewed);
    await looks[0]?.();
    assert.notEqual(plugin.security?.keys.now, before);
    const { validTo } = new X509Certificate(readFileSync(renewed.cert));
    const expiry = `copy.crt"} ${Date.parse(validTo) / 1000}\n`;
    assert.ok((await context.metrics.text()).includes(expiry), expiry);
    assert.match(lines.join('\n'), /plugin\/tls: ".*copy\.crt" says something else: new conn/);
    await plugin.stop?.();
    assert.deepEqual(looks, []);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['tls', /Corefile:2: Cannot read "tls": it has no argument; expected a certificate, its/],
    ['tls own.crt', /it has one argument/],
    ['tls a b c d', /it has 4 arguments/],
    ['tls none.crt own.key', /Corefile:2: Cannot use ".*none\.crt" for TLS: ENOENT/],
    ['tls own.crt none.key', /Cannot use ".*none\.key" for TLS: ENOENT/],
    ['tls own.key own.key', /Cannot use ".*own\.key" for TLS: .*; expected certificates in PEM/],
    ['tls own.crt renewed.key', /Cannot use ".*renewed\.key" for TLS: .*mismatch/],
    ['tls own.crt own.key own.key', /Cannot use ".*own\.key" for TLS/],
    ['tls own.crt own.key {\n client_auth some\n}', /:3: Cannot read the client_auth "some"/],
    ['tls own.crt own.key {\n keylog file\n}', /"keylog" of tls: CoreDNS has it, we do not yet/],
    ['tls {\n acme example.org\n}', /:3: Cannot use "acme" of tls: CoreDNS gets certificates/],
    ['tls own.crt own.key {\n x\n}', /Cannot use the property "x" of tls: it is unknown/],
    ['tls own.crt own.key\ntls own.crt own.key', /Cannot use "tls" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => securityOf(lines), message));
  }
});
