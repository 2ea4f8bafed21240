/**
 * KEP-1645 and the MCS DNS specification 1.0.0 as rows: what the APIs of some clusters have, what
 * is asked in the first of them (`east`), and what must be answered; then what changes, and what
 * must be answered after. Numbered by matter: 1.1 objects, 1.2 who wins, 1.3 life cycle, 1.4 DNS.
 */
import type { ControlEvent } from '../../libs/event/control.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { type Endpoint, HTTP, headless, type Port, service, slice } from './objects.ts';

export type Clusters = Readonly<Record<string, readonly RawObject[]>>;
/** Question → records of the name that is asked (`5 IN A 10.1.0.1`), or why there are none. */
export type Asked = Readonly<Record<string, readonly string[] | 'nodata' | 'nxdomain'>>;

export interface Row {
  readonly section: string;
  readonly rule: string;
  /** Lines of the federation directive. */
  readonly options?: readonly string[];
  readonly given: Clusters;
  readonly asked: Asked;
  readonly next?: readonly Step[];
}

export interface Step {
  readonly what: string;
  /** Clusters whose APIs have these objects from now on. */
  readonly set?: Clusters;
  /** What the control log says. */
  readonly control?: readonly ControlEvent[];
  readonly asked: Asked;
}

export const [JANUARY, FEBRUARY] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'] as const;
export const WEB = 'web.shop.svc.clusterset.local.';
export const DB = 'db.shop.svc.clusterset.local.';
export const METRICS: Port = { name: 'metrics', port: 9090, protocol: 'TCP' };

export function exported(key: string, createdAt: string): RawObject {
  const [namespace = '', name = ''] = key.split('/');
  return rawObject('ServiceExport', namespace, name, {}, { creationTimestamp: createdAt });
}

export function imported(key: string, spec: Readonly<Record<string, unknown>>): RawObject {
  const [namespace = '', name = ''] = key.split('/');
  return rawObject('ServiceImport', namespace, name, { spec });
}

interface Web {
  readonly createdAt?: string;
  readonly clusterIP?: string;
  readonly ports?: readonly Port[];
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** `shop/web` of a cluster, exported, with an endpoint that is ready. */
export function web(address: string, more: Web = {}): readonly RawObject[] {
  const { createdAt = JANUARY, clusterIP = '10.96.0.1', ports = [HTTP], spec = {} } = more;
  return [
    service('shop/web', { clusterIP, ports, ...spec }),
    slice('shop/web', [address], ports),
    exported('shop/web', createdAt),
  ];
}

/** `shop/db`, headless. */
export function db(
  endpoints: readonly (string | Endpoint)[],
  createdAt: string = JANUARY,
  ports: readonly Port[] = [HTTP],
): readonly RawObject[] {
  return [
    headless('shop/db', { ports }),
    slice('shop/db', endpoints, ports),
    exported('shop/db', createdAt),
  ];
}

/** The second exporter of `shop/web`. */
export function northern(): readonly RawObject[] {
  return web('10.3.0.1', { createdAt: FEBRUARY });
}

export const SPEC_HEADLESS = { spec: { clusterIP: 'None' } };
