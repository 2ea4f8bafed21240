/** kube-dns's ConfigMap into a Corefile that is there. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { STOCK } from '../../../test/e2e/stock-corefile.ts';
import { ALL, type Data, givenMap } from './given-map.ts';

describe('translate into a Corefile that is there', () => {
  test('changes the lines that it speaks of, and no octet more', (t) => {
    const { after, diff } = givenMap(t, ALL).applied(STOCK);
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

  test('changes nothing the second time', (t) => {
    const { applied } = givenMap(t, ALL);
    const { after } = applied(STOCK);
    const again = applied(after);
    assert.equal(again.after, after);
    assert.match(again.diff, /Corefile says all of it already$/);
  });

  test('tells of rights that are needed where it takes federations, and only there', (t) => {
    const remarks = (text: string) => {
      const said = givenMap(t, { federations: 'fed=example.org' }).applied(text).remarks;
      return said.map((remark) => remark.slice(0, 24));
    };
    assert.deepEqual(remarks(STOCK), ['For federations the node']);
    assert.deepEqual(remarks('. {\n whoami\n}\n'), ['Federations are left out']);
  });

  test('changes the file that a link leads to, and leaves the link', (t) => {
    const { run, corefile } = givenMap(t, { upstreamNameservers: ['8.8.8.8'] });
    const real = `${corefile}.real`;
    writeFileSync(real, '. {\n forward . /etc/resolv.conf\n}\n');
    symlinkSync(real, corefile);
    run('--apply-to', corefile);
    assert.equal(readlinkSync(corefile), real);
    assert.equal(readFileSync(real, 'utf8'), '. {\n forward . 8.8.8.8\n}\n');
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
    test(`sets ${what}`, (t) => {
      const { applied } = givenMap(t, data);
      assert.equal(applied(text).after, after);
      assert.equal(applied(after).after, after, 'nothing the second time');
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
      /The servers of a\.local are not set: .*Corefile:2 is not for this to change; write there/,
    ],
    [
      'servers of a snippet that several may import',
      { upstreamNameservers: ['1.2.3.4'] },
      '(up) {\n forward . "9.9.9.9"\n}\n. {\n import up\n}\n',
      /The upstreams are not set: .*Corefile:2 is not for this to change; write there 1\.2\.3\.4/,
    ],
    [
      'servers of zones that it does not speak of',
      { upstreamNameservers: ['1.2.3.4'] },
      '. a.local {\n forward . 9.9.9.9\n}\n',
      /The upstreams are not set: .*Corefile:2 is for a\.local\. as well; write there 1\.2\.3\.4/,
    ],
    [
      'servers of two zones that want others each',
      { ...stub, upstreamNameservers: ['5.6.7.8'] },
      '(up) {\n forward . 9.9.9.9\n}\n. {\n import up\n}\na.local {\n import up\n}\n',
      /The servers of a\.local are not set: .*Corefile:2 is for \. as well; write there 1\.2\.3/,
    ],
    [
      'a server block without braces, which goes on to the end of the file',
      stub,
      '.\nforward . 9.9.9.9\n',
      /The servers of a\.local are left out: the server block at .*Corefile:1 has no braces, so/,
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
    test(`leaves ${what}, and says so`, (t) => {
      const { after, remarks, diff } = givenMap(t, data).applied(text);
      assert.equal(after, text);
      assert.match(diff, /Corefile stays as it is$/);
      assert.match(remarks.at(-1) ?? '', remark);
    });
  }

  test('says that what was asked over TLS is not any more', (t) => {
    const text = '. {\n forward . tls://9.9.9.9\n}\n';
    const { after, remarks } = givenMap(t, { upstreamNameservers: ['1.2.3.4'] }).applied(text);
    assert.equal(after, '. {\n forward . 1.2.3.4\n}\n');
    assert.match(
      remarks.join(),
      /^The upstreams were asked over TLS at .*:2, and are asked in the/,
    );
  });

  test('sets servers that several zones have in common once', (t) => {
    const stubDomains = { 'a.local': ['1.2.3.4'], 'b.local': ['1.2.3.4'] };
    const text = 'a.local b.local {\n forward . 9.9.9.9\n}\n';
    const { after, remarks } = givenMap(t, { stubDomains }).applied(text);
    assert.equal(after, 'a.local b.local {\n forward . 1.2.3.4\n}\n');
    assert.deepEqual(remarks, []);
  });

  test('leaves the blanks of servers that are the same, wherever they are', (t) => {
    const text = '(up) {\n forward .   "1.2.3.4"\n}\na.local {\n import up\n}\n';
    const { after, remarks } = givenMap(t, stub).applied(text);
    assert.equal(after, text);
    assert.deepEqual(remarks, []);
  });

  test('is an error where that is no Corefile', (t) => {
    assert.throws(() => givenMap(t, ALL).applied('. {'), { name: 'ConfigurationError' });
  });
});
