/**
 * An API server whose services all change at once, without a notification: their watch is refused
 * (410 Gone), the next list has a new address for each. Its pages are made before the clock runs,
 * so that on few cores it takes little from who is measured.
 */
import { rawObject } from '../cluster/collections.ts';
import { type ScriptedApi, startScriptedApi } from '../cluster/scripted-api.ts';

/** As many as Isthmus asks for at once. */
const PAGE_SERVICES = 500;
const SERVICES_PER_NAMESPACE = 100;
/** Each generation of addresses has a half of 10.0.0.0/8. */
const GENERATIONS = 2;

export class RelistApi {
  readonly services: number;
  readonly #api: ScriptedApi;
  readonly #pages: readonly (readonly string[])[];
  #generation = 0;
  #lists = 0;

  private constructor(api: ScriptedApi, services: number) {
    this.services = services;
    this.#api = api;
    this.#pages = Array.from({ length: GENERATIONS }, (_, i) => pagesOf(services, i));
  }

  /** Answers the first list with the first generation. */
  static async start(services: number): Promise<RelistApi> {
    const api = await startScriptedApi();
    for (let i = 0; i < services; i += SERVICES_PER_NAMESPACE) {
      api.put(rawObject('Namespace', '', namespaceOf(i)));
    }
    const relist = new RelistApi(api, services);
    relist.#lineUp();
    return relist;
  }

  get kubeconfig(): string {
    return this.#api.kubeconfig;
  }

  /** What the names have after the last relist. */
  addressOf(service: number): string {
    return addressOf(service, this.#generation);
  }

  /** Resolves when the new list is asked for. */
  async relist(): Promise<void> {
    this.#generation = (this.#generation + 1) % GENERATIONS;
    this.#lineUp();
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'as the bench says' };
    this.#api.answerNext('services', 'watch', { status: 410, body: JSON.stringify(status) });
    this.#api.endStreams('services');
    const isNext = () => this.#api.askedOf('services', 'list').length > this.#lists;
    this.#lists += this.#pages[0]?.length ?? 0;
    await this.#api.untilAsked(isNext);
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  #lineUp(): void {
    for (const body of this.#pages[this.#generation] ?? []) {
      this.#api.answerNext('services', 'list', { status: 200, body });
    }
  }
}

/** `svc-7.team-0` */
export function serviceName(service: number): string {
  return `svc-${service}.${namespaceOf(service)}`;
}

function namespaceOf(service: number): string {
  return `team-${Math.floor(service / SERVICES_PER_NAMESPACE)}`;
}

function addressOf(service: number, generation: number): string {
  return `10.${generation * 128 + (service >> 16)}.${(service >> 8) & 255}.${service & 255}`;
}

function pagesOf(services: number, generation: number): readonly string[] {
  const pages: string[] = [];
  for (let from = 0; from < services; from += PAGE_SERVICES) {
    const to = Math.min(from + PAGE_SERVICES, services);
    const items = Array.from({ length: to - from }, (_, i) => item(from + i, generation));
    const next = to < services ? { continue: String(to) } : {};
    const metadata = { resourceVersion: String(1_000_000 + generation), ...next };
    pages.push(JSON.stringify({ metadata, items }));
  }
  return pages;
}

function item(service: number, generation: number) {
  const [name = '', namespace = ''] = serviceName(service).split('.');
  const clusterIP = addressOf(service, generation);
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  const metadata = { name, namespace, labels: { app: name }, uid: `${service}` };
  return { metadata, spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports } };
}
