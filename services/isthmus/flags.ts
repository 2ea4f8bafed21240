/**
 * Flags of the command line. Each is an environment variable as well, and one table says both, the
 * help included. CoreDNS's spelling is understood: one dash or two, `-conf FILE` or `-conf=FILE`.
 */

interface Flag {
  readonly name: string;
  /** What stands for the value in the help; undefined: the flag has none. */
  readonly value?: string;
  readonly many?: true;
  /** A flag without a value that the environment can set as well: true or false. */
  readonly isSwitch?: true;
  readonly help: string;
}

const FLAGS: readonly Flag[] = [
  { name: 'conf', value: 'FILE', help: 'the Corefile; by default ./Corefile, where there is one' },
  {
    name: 'dns.port',
    value: 'N',
    help: 'port of server blocks that name none (53; with --kubeconfig 1053)',
  },
  { name: 'state', value: 'DIR', help: 'where the embedded log is kept (./.isthmus)' },
  {
    name: 'cookie-secrets',
    value: 'FILE',
    help: 'secrets of DNS Cookies, common to servers behind one address (a random one)',
  },
  {
    name: 'kubeconfig',
    value: 'FILE',
    help: 'the clusters of this file: all of its contexts, for watcher one',
  },
  {
    name: 'context',
    value: 'NAME',
    many: true,
    help: 'only this context of the kubeconfig; may be repeated',
  },
  { name: 'manifests', value: 'DIR', help: 'a cluster made of manifest files (watcher)' },
  {
    name: 'cluster',
    value: 'NAME',
    help: 'what the cluster is called in the federation (watcher); only this one (pin, unpin)',
  },
  { name: 'federation', value: 'NAME', help: 'which federation on the log (default)' },
  {
    name: 'log',
    value: 'URL',
    many: true,
    help: 'nats://HOST:PORT of the log (watcher, operators); may be repeated',
  },
  { name: 'log-credentials', value: 'FILE', help: 'who we are to NATS: a file of credentials' },
  { name: 'log-nkey', value: 'FILE', help: 'the same, as the seed of an nkey' },
  { name: 'log-tls-ca', value: 'FILE', help: "whom to trust as NATS (Node's authorities)" },
  { name: 'log-tls-cert', value: 'FILE', help: 'our certificate, for a NATS that wants one' },
  { name: 'log-tls-key', value: 'FILE', help: 'its key' },
  {
    name: 'log-tls-servername',
    value: 'NAME',
    help: "the name in the certificate of NATS, where it is not the log's host",
  },
  {
    name: 'log-domain',
    value: 'NAME',
    help: 'the JetStream domain of the log, where it is not that of the server',
  },
  { name: 'log-replicas', value: 'N', help: 'copies of the log, where it is made (1)' },
  { name: 'mirror-of', value: 'NAME', help: 'the JetStream domain of the log to mirror (prepare)' },
  {
    name: 'pods',
    isSwitch: true,
    help: 'watch pods too, for who answers pod names or clients by their pods (watcher)',
  },
  {
    name: 'at',
    value: 'MOMENT',
    help: 'a position of the log, a time as 2026-11-29T03:12:00Z, or how long ago as 10m (pin)',
  },
  {
    name: 'apply-to',
    value: 'FILE',
    help: 'the Corefile that gets what is translated, and keeps all else (translate)',
  },
  {
    name: 'kube-dns-config',
    value: 'DIR',
    help: "the folder where kube-dns's ConfigMap is mounted: as translate, and followed",
  },
  {
    name: 'zone',
    value: 'ZONE',
    help: 'of the cluster, where kube-dns is translated (cluster.local)',
  },
  { name: 'output', value: 'FORMAT', help: 'table, wide or json, also -o (clusters, status)' },
  { name: 'log-format', value: 'FORMAT', help: 'text, or json, which prints no banner (text)' },
  { name: 'quiet', help: 'print no banner' },
  { name: 'version', help: 'print the version' },
  { name: 'help', help: 'print this' },
];

/** Shorter spellings, of CoreDNS and of habit. */
const ALIASES: Readonly<Record<string, string>> = {
  p: 'dns.port',
  h: 'help',
  v: 'version',
  o: 'output',
};

/** Raised for a command line that can't be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export class Flags {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value, the last one where it is given several times. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The same, with another value of one. */
  with(name: string, value: string): Flags {
    return new Flags(new Map([...this.#values, [name, [value]]]));
  }

  /** Throws UsageError when it is no port. */
  port(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (port >= 0 && port <= 65535) return port;
    throw new UsageError(
      `Cannot use the port "${text}" of --${name}: it is none; expected 0 to 65535`,
    );
  }
}

/** Flags given on the command line, else in the environment. Throws UsageError. */
export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { readonly flags: Flags; readonly words: readonly string[] } {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, spelled = '', given] = /^--?([a-z.-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const flag = FLAGS.find(({ name }) => name === (ALIASES[spelled] ?? spelled));
    if (flag === undefined) {
      throw new UsageError(
        `Cannot use the flag "${arg}": it is unknown; expected one of ${namesOfFlags()}`,
      );
    }
    const value = flag.value === undefined ? '' : (given ?? rest.shift());
    if (value === undefined) {
      throw new UsageError(
        `Cannot use the flag "${arg}": its value is missing; expected ${flag.value}`,
      );
    }
    values.set(flag.name, [...(values.get(flag.name) ?? []), value]);
  }
  for (const { name, many, value, isSwitch } of FLAGS) {
    const text = environment[variableOf(name)];
    if (text === undefined || text === '' || values.has(name)) continue;
    if (isSwitch && isOn(name, text)) values.set(name, ['']);
    if (value !== undefined) values.set(name, many ? text.split(',') : [text]);
  }
  return { flags: new Flags(values), words };
}

/** What a variable says of a flag that has no value. Throws UsageError. */
function isOn(name: string, text: string): boolean {
  if (['1', 'true'].includes(text)) return true;
  if (['0', 'false'].includes(text)) return false;
  throw new UsageError(
    `Cannot use "${text}" of ${variableOf(name)}: it says neither; expected true or false`,
  );
}

/** A line for each flag. */
export function flagsHelp(): string {
  const lines = FLAGS.map(({ name, value = '', many, isSwitch, help }) => {
    const format = many ? ', comma-separated' : isSwitch ? ', true or false' : '';
    const variable = value === '' && !isSwitch ? '' : `  [${variableOf(name)}${format}]`;
    return `  ${`--${name} ${value}`.padEnd(25)} ${help}${variable}`;
  });
  return lines.join('\n');
}

function variableOf(name: string): string {
  return `ISTHMUS_${name.toUpperCase().replace(/[.-]/g, '_')}`;
}

function namesOfFlags(): string {
  return FLAGS.map(({ name }) => `--${name}`).join(', ');
}
