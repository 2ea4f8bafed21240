/** Server blocks that serve one zone to different clients, beside CoreDNS with one Corefile. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, short } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';

/** Who is in no view of shop.test is served by the zone above. */
const corefile = (port: number, metricsPort: number) => `
test:${port} {
    bind 127.0.0.1
    metadata
    prometheus 127.0.0.1:${metricsPort}
    view one {
        expr incidr(client_ip(), '127.0.0.1/32')
        expr type() in ['A', 'AAAA'] and metadata('view/name') == 'one'
    }
    hosts {
        192.0.2.1 web.test
    }
}
test:${port} {
    bind 127.0.0.1
    view two {
        expr client_ip() == '127.0.0.2'
    }
    hosts {
        192.0.2.2 web.test
    }
}
test:${port} {
    bind 127.0.0.1
    hosts {
        192.0.2.3 web.test web.shop.test
    }
}
shop.test:${port} {
    bind 127.0.0.1
    view shop {
        expr name() startsWith 'web.' && client_ip() == '127.0.0.4'
    }
    hosts {
        192.0.2.4 web.shop.test
    }
}
`;

const ROWS: readonly (readonly [name: string, source: string, said: string])[] = [
  ['web.test', '127.0.0.1', '192.0.2.1'],
  ['WEB.test', '127.0.0.2', '192.0.2.2'],
  ['web.test', '127.0.0.3', '192.0.2.3'],
  ['web.shop.test', '127.0.0.4', '192.0.2.4'],
  ['web.shop.test', '127.0.0.3', '192.0.2.3'],
  ['example.org', '127.0.0.1', 'REFUSED'],
];

const missing = corednsMissing();

describe('views', { skip: missing ?? false }, () => {
  let folder = '';
  const ports = { ours: 0, theirs: 0, metrics: 0 };
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    ports.metrics = await freePort();
    for (const who of ['ours', 'theirs'] as const) {
      ports[who] = await freePort();
      mkdirSync(join(folder, who));
      const metricsPort = who === 'ours' ? ports.metrics : await freePort();
      writeFileSync(join(folder, who, 'Corefile'), corefile(ports[who], metricsPort));
    }
    const args = ['-conf', 'Corefile'];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: join(folder, 'ours') });
    coredns = new ServerProcess(
      ...(['coredns', findServer('coredns') ?? '', args, join(folder, 'theirs')] as const),
    );
    await isthmus.says(/Isthmus answers DNS on/);
    await coredns.until(async () => (await ask(ports.theirs, 'web.test', 'A')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  for (const [name, source, said] of ROWS) {
    for (const transport of ['udp', 'tcp'] as const) {
      test(`${name} for ${source} over ${transport}`, async () => {
        const asking = { source, transport };
        assert.equal(await short(ports.theirs, name, 'A', asking), said, 'CoreDNS');
        assert.equal(await short(ports.ours, name, 'A', asking), said, 'Isthmus');
      });
    }
  }

  test('metrics tell the views apart', async () => {
    await ask(ports.ours, 'web.test', 'A', { source: '127.0.0.2' });
    const page = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`);
    const text = await page.text();
    const server = `server="dns://127.0.0.1:${ports.ours}",zone="test."`;
    assert.match(text, new RegExp(`requests_total\\{${server},view="two",proto="udp"`));
    assert.match(text, new RegExp(`plugin_enabled\\{${server},view="one",name="hosts"\\} 1`));
  });
});
