/** kube-dns's ConfigMap → a Corefile: new, or into one that is there. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { STOCK } from '../../../test/e2e/stock-corefile.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import { check } from '../check/check.ts';
import { readFlags } from '../flags.ts';
import { translate } from './translate.ts';

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'dns.example.org': ['192.0.2.9', '192.0.2.8'],
  'many.example.org': Array.from({ length: 16 }, (_, i) => `192.0.2.${i + 100}`),
};
const lookUp = async (name: string) => HOSTS[name] ?? [];

interface Data {
  readonly stubDomains?: unknown;
  readonly upstreamNameservers?: readonly string[];
  readonly federations?: string;
}

function given(t: TestContext, { stubDomains, upstreamNameservers, federations }: Data) {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const file = join(folder, 'kube-dns.yaml');
  const json = (value: unknown) => (value === undefined ? {} : JSON.stringify(value));
  const data = {
    ...(stubDomains === undefined ? {} : { stubDomains: json(stubDomains) }),
    ...(upstreamNameservers && { upstreamNameservers: json(upstreamNameservers) }),
    ...(federations === undefined ? {} : { federations }),
  };
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-dns' }, data };
  writeFileSync(file, stringify(map));
  const corefile = join(folder, 'Corefile');
  const run = (...more: readonly string[]) => {
    const { flags, words } = readFlags([file, ...more], {});
    return translate(flags, words, lookUp);
  };
  return {
    run,
    corefile,
    /** Into this one: as it is then, what is different, and what is said. */
    applied: async (text: string) => {
      writeFileSync(corefile, text);
      const { text: diff, remarks } = await run('--apply-to', corefile);
      return { after: readFileSync(corefile, 'utf8'), diff, remarks };
    },
  };
}

const ALL: Data = {
  stubDomains: {
    'acme.local': ['1.2.3.4', '5.6.7.8:5353', '2001:db8::1', '[2001:db8::2]:54'],
    'consul.local': ['dns.example.org:8600'],
  },
  upstreamNameservers: ['8.8.8.8', '8.8.4.4'],
  federations: 'fed=example.org,two=example.net',
};

describe('translate writes', () => {
  test('the Corefile of kubeadm, where nothing is said', async (t) => {
    const { text, remarks } = await given(t, {}).run('--zone', 'example.local');
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

  test('all that is said', async (t) => {
    const { text, remarks } = await given(t, ALL).run('--cluster', 'east');
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
    # dns.example.org, by its addresses
    forward . 192.0.2.8:8600 192.0.2.9:8600 {
        max_concurrent 1000
    }
}
`,
    );
    assert.match(
      remarks.join('\n'),
      /^The server dns\.example\.org is written as 192\.0\.2\.8, 192\.0\.2\.9, which it is now/m,
    );
    assert.match(remarks.join('\n'), /^For federations the nodes of the cluster are watched/m);
  });

  test('what can be used', async (t) => {
    const { run, corefile } = given(t, ALL);
    writeFileSync(corefile, (await run()).text);
    const { flags } = readFlags(['-conf', corefile], {});
    assert.match(await check(flags, []), /can be used: 3 server blocks/);
  });

  const rows: readonly (readonly [what: string, data: Data, remark: RegExp, without: RegExp])[] = [
    [
      'a server whose name is nobody’s',
      { stubDomains: { 'a.local': ['none.example.org', '1.2.3.4'] } },
      /^The server none\.example\.org of the stub domain a\.local has no address here: it is left/m,
      /none/,
    ],
    [
      'a stub domain without a server',
      { stubDomains: { 'a.local': ['none.example.org'] } },
      /^The stub domain a\.local is left out: none of its servers has an address\.$/m,
      /a\.local/,
    ],
    [
      'upstreams of which none is known',
      { upstreamNameservers: ['none.example.org'] },
      /^The upstreams are those of \/etc\/resolv\.conf: none of the named has an address\.$/m,
      /none/,
    ],
    [
      'more servers than forward has',
      { stubDomains: { 'a.local': ['many.example.org'] } },
      /^A forward has 15 servers: of the stub domain a\.local these are left out: 192\.0\.2\.115\.$/m,
      /192\.0\.2\.115/,
    ],
    [
      'a stub domain that is the cluster’s',
      { stubDomains: { 'cluster.local': ['1.2.3.4'] } },
      /^The stub domain cluster\.local is left out: it is served from the cluster\.$/m,
      /1\.2\.3\.4/,
    ],
  ];
  for (const [what, data, remark, without] of rows) {
    test(`nothing of ${what}, and says so`, async (t) => {
      const { text, remarks } = await given(t, data).run();
      assert.match(remarks.join('\n'), remark);
      assert.doesNotMatch(text, without);
    });
  }

  test('nothing where it can’t read', async (t) => {
    const { run } = given(t, { stubDomains: [] });
    await assert.rejects(run(), { name: 'UsageError', message: /^Cannot read "\[\]" of stubDom/ });
    const { flags } = readFlags([], {});
    await assert.rejects(translate(flags, []), /expected isthmus translate FILE/);
    await assert.rejects(translate(flags, ['none']), /Cannot read "none": ENOENT/);
  });
});

describe('translate into a Corefile that is there', () => {
  test('changes the lines that it speaks of, and no octet more', async (t) => {
    const { after, diff } = await given(t, ALL).applied(STOCK);
    const expected = STOCK.replace('/etc/resolv.conf', '8.8.8.8 8.8.4.4').replace(
      'kubernetes cluster.local in-addr.arpa ip6.arpa {\n',
      `federation cluster.local in-addr.arpa ip6.arpa {
       log memory
       home here
       cluster here in_cluster
       federated fed example.org
       federated two example.net
`,
    );
    assert.equal(after.slice(0, expected.length), expected);
    assert.match(after.slice(expected.length), /^acme\.local:53 \{.*^consul\.local:53 \{/ms);
    assert.match(diff, /^--- .*Corefile\n\+\+\+ .*Corefile\n@@ line 7 @@\n- {4}kubernetes /);
    assert.match(
      diff,
      /^@@ line 13 @@\n- {4}forward .*\n\+ {4}forward \. 8\.8\.8\.8 8\.8\.4\.4 \{$/m,
    );
  });

  test('changes nothing the second time', async (t) => {
    const { applied } = given(t, ALL);
    const { after } = await applied(STOCK);
    const again = await applied(after);
    assert.equal(again.after, after);
    assert.match(again.diff, /Corefile says all of it already$/);
  });

  const stub = { stubDomains: { 'a.local': ['1.2.3.4'] } };
  const rows: readonly (readonly [what: string, data: Data, text: string, after: string])[] = [
    [
      'servers of a block that is there, with its comment and its options',
      stub,
      'a.local {\n  # ours\n  forward . 9.9.9.9   8.8.8.8 { # two\n    policy sequential\n  }\n}\n',
      'a.local {\n  # ours\n  forward . 1.2.3.4 { # two\n    policy sequential\n  }\n}\n',
    ],
    [
      'those of a forward that names its zone',
      stub,
      'a.local {\n\tforward a.local 9.9.9.9\n}\n',
      'a.local {\n\tforward a.local 1.2.3.4\n}\n',
    ],
    [
      'a block where the others listen, though the file ends without a new line',
      stub,
      '.:1053 {\n    bind 127.0.0.1\n    forward . 9.9.9.9\n}',
      `.:1053 {
    bind 127.0.0.1
    forward . 9.9.9.9
}
a.local:1053 {
    bind 127.0.0.1
    errors
    cache 30
    loop
    forward . 1.2.3.4 {
        max_concurrent 1000
    }
}
`,
    ],
    [
      'lines that end as those of the file',
      { upstreamNameservers: ['1.2.3.4'] },
      '. {\r\n  forward . 9.9.9.9\r\n}\r\n',
      '. {\r\n  forward . 1.2.3.4\r\n}\r\n',
    ],
    [
      'a block for all where there is none',
      { upstreamNameservers: ['1.2.3.4'] },
      'a.local {\n    whoami\n}\n',
      `a.local {
    whoami
}
.:53 {
    errors
    cache 30
    loop
    forward . 1.2.3.4 {
        max_concurrent 1000
    }
}
`,
    ],
    [
      'federations of a federation directive',
      { federations: 'a=a.example,b=b.example' },
      `. {
    federation cluster.local {
      home east
      federated a old.example
    }
}
`,
      `. {
    federation cluster.local {
      federated b b.example
      home east
      federated a a.example
    }
}
`,
    ],
    [
      'a cluster by its kubeconfig',
      { federations: 'a=a.example' },
      '. {\n  kubernetes cluster.local {\n    kubeconfig "/a b" east\n    ttl 5\n  }\n}\n',
      `. {
  federation cluster.local {
    log memory
    home here
    cluster here kubeconfig "/a b" east
    federated a a.example
    ttl 5
  }
}
`,
    ],
    [
      'a cluster without options',
      { federations: 'a=a.example' },
      'cluster.local {\n    kubernetes\n}\n',
      `cluster.local {
    federation {
        log memory
        home here
        cluster here in_cluster
        federated a a.example
    }
}
`,
    ],
  ];
  for (const [what, data, text, after] of rows) {
    test(`sets ${what}`, async (t) => {
      const { applied } = given(t, data);
      assert.equal((await applied(text)).after, after);
      assert.equal((await applied(after)).after, after, 'nothing the second time');
    });
  }

  const left: readonly (readonly [what: string, data: Data, text: string, remark: RegExp])[] = [
    [
      'a block without forward',
      stub,
      'a.local {\n whoami\n}\n',
      /The servers of a\.local are left out: the server block at .*Corefile:1 has no forward for/,
    ],
    [
      'servers that a variable says',
      stub,
      'a.local {\n forward . 9.9.9.{$NOBODY_SETS_THIS}9\n}\n',
      /The servers of a\.local are not set: .*Corefile:2 is not for this to change; write there 1\.2/,
    ],
    [
      'servers of a snippet that several may import',
      { upstreamNameservers: ['1.2.3.4'] },
      '(up) {\n forward . "9.9.9.9"\n}\n. {\n import up\n}\n',
      /The upstreams are not set: .*Corefile:2 is not for this to change; write there 1\.2\.3\.4/,
    ],
    [
      'a cluster whose options federation has not',
      { federations: 'a=a.example' },
      '. {\n kubernetes cluster.local {\n  endpoint http://x\n }\n}\n',
      /Federations are left out: .*:2 can't become a federation directive: federation has no endp/,
    ],
    [
      'a cluster that autopath asks',
      { federations: 'a=a.example' },
      '. {\n kubernetes cluster.local {\n  pods verified\n }\n autopath @kubernetes\n}\n',
      /can't become a federation directive: autopath at line 5 asks for @kubernetes\.$/,
    ],
    [
      'several clusters',
      { federations: 'a=a.example' },
      '. {\n kubernetes a.local\n}\nb {\n kubernetes b.local\n}\n',
      /can't become a federation directive: several clusters are served\.$/,
    ],
    [
      'no cluster',
      { federations: 'a=a.example' },
      '. {\n whoami\n}\n',
      /^Federations are left out: the Corefile serves no cluster\.$/,
    ],
    [
      'a stub domain that is a cluster’s',
      { stubDomains: { 'cluster.local': ['1.2.3.4'] } },
      '. {\n kubernetes cluster.local\n}\n',
      /The stub domain cluster\.local is left out: the Corefile serves it from the cluster\./,
    ],
  ];
  for (const [what, data, text, remark] of left) {
    test(`leaves ${what}, and says so`, async (t) => {
      const { after, remarks } = await given(t, data).applied(text);
      assert.equal(after, text);
      assert.match(remarks.at(-1) ?? '', remark);
    });
  }

  test('is an error where that is no Corefile', async (t) => {
    await assert.rejects(given(t, ALL).applied('. {'), { name: 'ConfigurationError' });
  });
});
