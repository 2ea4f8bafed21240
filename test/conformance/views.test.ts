/** Server blocks that serve one zone to different clients, beside CoreDNS with one Corefile. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, short } from '../e2e/ask.ts';
import { BothServers, freePorts, type Ports } from './both-servers.ts';
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
  let ports: Ports = { ours: 0, theirs: 0 };
  let metrics = ports;
  let both: BothServers | undefined;
  before(async () => {
    ports = await freePorts();
    metrics = await freePorts();
    both = new BothServers((who) => corefile(ports[who], metrics[who]));
    await both.untilReady();
  });
  after(() => both?.stop());

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
    const page = await fetch(`http://127.0.0.1:${metrics.ours}/metrics`);
    const text = await page.text();
    const server = `server="dns://127.0.0.1:${ports.ours}",zone="test."`;
    assert.match(text, new RegExp(`requests_total\\{${server},view="two",proto="udp"`));
    assert.match(text, new RegExp(`plugin_enabled\\{${server},view="one",name="hosts"\\} 1`));
  });
});
