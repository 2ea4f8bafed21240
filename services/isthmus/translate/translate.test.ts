/** kube-dns's ConfigMap → a Corefile. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { check } from '../check/check.ts';
import { readFlags } from '../flags.ts';
import { ALL, type Data, givenMap } from './given-map.ts';
import { translate } from './translate.ts';

describe('translate writes', () => {
  test('the Corefile of kubeadm, where nothing is said', (t) => {
    const { text, remarks } = givenMap(t, {}).run('--zone', 'example.local');
    assert.equal(
      text,
      `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes example.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`,
    );
    assert.deepEqual(
      remarks.map((remark) => remark.slice(0, 40)),
      ["What kube-dns's Deployment says is not i"],
    );
  });

  test('all that is said', (t) => {
    const { text, remarks } = givenMap(t, ALL).run('--cluster', 'east');
    assert.equal(
      text,
      `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    federation cluster.local in-addr.arpa ip6.arpa {
        log memory
        home east
        cluster east in_cluster
        federated fed example.org
        federated two example.net
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . 8.8.8.8 8.8.4.4 {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
acme.local:53 {
    errors
    cache 30
    loop
    forward . 1.2.3.4 5.6.7.8:5353 [2001:db8::1]:53 [2001:db8::2]:54 {
        max_concurrent 1000
    }
}
consul.local:53 {
    errors
    cache 30
    loop
    forward . dns.example.org:8600 {
        max_concurrent 1000
    }
}
`,
    );
    assert.match(
      remarks.join('\n'),
      /^Of the stub domain consul\.local, dns\.example\.org stays a name: all of/m,
    );
    assert.match(remarks.join('\n'), /^For federations the nodes of the cluster are watched/m);
  });

  test('what can be used', async (t) => {
    const { run, corefile } = givenMap(t, ALL);
    writeFileSync(corefile, run().text);
    const { flags } = readFlags(['-conf', corefile], {});
    assert.match((await check(flags, [])).text, /can be used: 3 server blocks/);
  });

  const MANY = Array.from({ length: 16 }, (_, i) => `192.0.2.${i}`);
  const rows: readonly (readonly [what: string, data: Data, remark: RegExp, without: RegExp])[] = [
    [
      'more servers than forward has',
      { stubDomains: { 'a.local': MANY } },
      / 15 servers: of the stub domain a\.local these are left out: 192\.0\.2\.15\.$/m,
      /192\.0\.2\.15\b/,
    ],
    [
      'a stub domain that is the cluster’s',
      { stubDomains: { 'cluster.local': ['1.2.3.4'] } },
      /^The stub domain cluster\.local is left out: it is served from the cluster\.$/m,
      /1\.2\.3\.4/,
    ],
  ];
  for (const [what, data, remark, without] of rows) {
    test(`nothing of ${what}, and says so`, (t) => {
      const { text, remarks } = givenMap(t, data).run();
      assert.match(remarks.join('\n'), remark);
      assert.doesNotMatch(text, without);
    });
  }

  test('nothing where it can’t read', (t) => {
    const { run } = givenMap(t, { stubDomains: [] });
    assert.throws(run, { name: 'UsageError', message: /kube-dns\.yaml: Cannot read "\[\]" of st/ });
    const { flags } = readFlags([], {});
    assert.throws(() => translate(flags, []), /expected isthmus translate FILE/);
    assert.throws(() => translate(flags, ['none']), /Cannot read "none": ENOENT/);
  });
});
