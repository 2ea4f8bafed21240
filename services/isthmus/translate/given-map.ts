/** A ConfigMap of kube-dns as a file, and translating it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import { readFlags } from '../flags.ts';
import { translate } from './translate.ts';

export interface Data {
  readonly stubDomains?: unknown;
  readonly upstreamNameservers?: readonly string[];
  readonly federations?: string;
}

export function givenMap(t: TestContext, { stubDomains, upstreamNameservers, federations }: Data) {
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
    return translate(flags, words);
  };
  return {
    run,
    corefile,
    /** Into this one: as it is then, what is different, and what is said. */
    applied: (text: string) => {
      writeFileSync(corefile, text);
      const { text: diff, remarks } = run('--apply-to', corefile);
      return { after: readFileSync(corefile, 'utf8'), diff, remarks };
    },
  };
}

/** Some of each. */
export const ALL: Data = {
  stubDomains: {
    'acme.local': ['1.2.3.4', '5.6.7.8:5353', '2001:db8::1', '[2001:db8::2]:54'],
    'consul.local': ['dns.example.org:8600'],
  },
  upstreamNameservers: ['8.8.8.8', '8.8.4.4'],
  federations: 'fed=example.org,two=example.net',
};
