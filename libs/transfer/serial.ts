/**
 * Serials of zones (RFC 1982): 32 bits that begin again at 0, so which is later is a matter of
 * distance.
 */
import type { RR } from '../dns/rrset.ts';

/** Serials farther apart than this say nothing of which is later. */
const HALF = 2 ** 31;
/** Primary server and mailbox, serial, timers. */
const SOA_RDATA = /^(\S+ \S+) (\d+) (.*)$/;

/** Whether `serial` comes after `other`. */
export function isLater(serial: number, other: number): boolean {
  const distance = (serial - other) >>> 0;
  return distance > 0 && distance < HALF;
}

export function serialOf(soa: RR): number {
  return Number(SOA_RDATA.exec(soa.rdata)?.[2] ?? 0);
}

export function withSerial(soa: RR, serial: number): RR {
  const [, names = '', , timers = ''] = SOA_RDATA.exec(soa.rdata) ?? [];
  return { ...soa, rdata: `${names} ${serial} ${timers}` };
}
