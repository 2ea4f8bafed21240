/** What `kubectl get cm -o yaml` or `-o json` prints → the data of kube-dns's ConfigMap. */
import { parseAllDocuments } from 'yaml';
import { KEYS, KubeDnsError } from './config.ts';

export interface ConfigMapData {
  /** The values by their keys. */
  readonly data: Readonly<Record<string, string>>;
  /** Keys that kube-dns does not know. */
  readonly unknown: readonly string[];
}

const NAME = 'kube-dns';

/**
 * The ConfigMap `kube-dns` of the text, one or a list, or the only one that there is. Throws
 * KubeDnsError.
 */
export function readConfigMap(text: string): ConfigMapData {
  const maps = documentsOf(text).flatMap(configMapsIn);
  const named = maps.filter(({ name }) => name === NAME);
  const [found, second] = named.length > 0 ? named : maps;
  if (found === undefined) {
    const expected = 'what "kubectl -n kube-system get cm kube-dns -o yaml" prints';
    throw new KubeDnsError(`Cannot find a ConfigMap: there is none; expected ${expected}`);
  }
  if (second !== undefined) {
    const all = maps.map(({ name }) => `"${name}"`).join(', ');
    throw new KubeDnsError(`Cannot tell which ConfigMap: they are ${all}; expected one "${NAME}"`);
  }
  const entries = Object.entries(found.data).map(([key, value]) => {
    if (typeof value === 'string') return [key, value] as const;
    const is = `it is ${JSON.stringify(value)}`;
    throw new KubeDnsError(`Cannot read ${key} of the ConfigMap: ${is}; expected text`);
  });
  const unknown = entries.map(([key]) => key).filter((key) => !KEYS.some((known) => known === key));
  return { data: Object.fromEntries(entries), unknown };
}

function documentsOf(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    try {
      if (error !== undefined) throw error;
      // Throws for aliases that multiply.
      return document.toJS();
    } catch (broken) {
      const is = broken instanceof Error ? broken.message : String(broken);
      throw new KubeDnsError(`Cannot read the ConfigMap: ${is}; expected YAML or JSON`);
    }
  });
}

interface Named {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function configMapsIn(value: unknown): readonly Named[] {
  if (!isRecord(value)) return [];
  if (Array.isArray(value.items)) return value.items.flatMap(configMapsIn);
  // Items of a ConfigMapList may say no kind.
  if (value.kind !== undefined && value.kind !== 'ConfigMap') return [];
  const { metadata, data = {} } = value;
  const name = isRecord(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
  const isEmpty = value.kind === undefined && name === '';
  if (isEmpty) return [];
  if (data !== null && !isRecord(data)) {
    const is = `it is ${JSON.stringify(data)}`;
    throw new KubeDnsError(`Cannot read the data of "${name}": ${is}; expected keys with values`);
  }
  return [{ name, data: data ?? {} }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
