/** A zone that has some of everything, and answers as text. */
import { rcodeName } from '../dns/iana.ts';
import { formatRecord } from '../dns/presentation.ts';
import type { Zone } from './zone.ts';
import type { ZoneAnswer, Zones } from './zone-answer.ts';

export const SOA = 'example. 60 IN SOA ns.example. admin.example. 1 2 3 4 30';
export const DENIED = 'example. 30 IN SOA ns.example. admin.example. 1 2 3 4 30';
export const NS = 'example. 60 IN NS ns.example.';

export const EXAMPLE = [
  SOA,
  NS,
  'ns.example. 60 IN A 192.0.2.1',
  'Web.example. 60 IN A 192.0.2.2',
  'web.example. 60 IN AAAA 2001:db8::2',
  'mail.example. 60 IN MX 10 web.example.',
  'mail.example. 60 IN MX 20 WEB.example.',
  'mail.example. 60 IN MX 30 mx.test.',
  'none.example. 60 IN MX 0 .',
  '_sip.srv.example. 60 IN SRV 0 0 80 web.example.',
  'web.example. 60 IN HTTPS 1 . alpn=h2',
  'alias.example. 60 IN HTTPS 0 web.example.',
  'gone.example. 60 IN HTTPS 0 .',
  'gone.example. 60 IN A 192.0.2.3',
  'a.example. 60 IN CNAME B.example.',
  'b.example. 60 IN CNAME web.example.',
  'away.example. 60 IN CNAME x.test.',
  'lost.example. 60 IN CNAME nobody.example.',
  'blind.example. 60 IN CNAME none.example.',
  'round.example. 60 IN CNAME trip.example.',
  'trip.example. 60 IN CNAME round.example.',
  'self.example. 60 IN CNAME self.example.',
  'cut.example. 60 IN NS ns.cut.example.',
  'cut.example. 60 IN NS ns.example.',
  'cut.example. 60 IN NS ns.test.',
  'cut.example. 60 IN DS 1 13 2 abcd',
  'ns.cut.example. 60 IN A 192.0.2.9',
  'x.cut.example. 60 IN A 192.0.2.10',
  'below.example. 60 IN CNAME x.cut.example.',
  'mx.example. 60 IN MX 10 x.cut.example.',
  'old.example. 60 IN DNAME new.example.',
  'old.example. 60 IN TXT "here"',
  'host.new.example. 60 IN A 192.0.2.11',
  `long.example. 60 IN DNAME ${'l'.repeat(60)}.${'l'.repeat(60)}.${'l'.repeat(60)}.example.`,
  'loop.example. 60 IN DNAME loop.example.',
  '*.wild.example. 60 IN A 192.0.2.12',
  '*.wild.example. 60 IN MX 10 web.example.',
  'b.ent.wild.example. 60 IN TXT "x"',
  '*.cname.example. 60 IN CNAME web.example.',
];

/** The zone of the longest name; DS is the upper one's. */
export function zonesOf(all: ReadonlyMap<string, Zone>, falls: readonly string[] = []): Zones {
  return {
    zoneOf: (name, type) => {
      const isIn = (zone: string) => zone === '.' || name === zone || name.endsWith(`.${zone}`);
      const names = [...all.keys()].filter(isIn);
      const within = names.sort((one, other) => other.length - one.length);
      const [zone, above] = within;
      const isAbove = type === 'DS' && zone === name && above !== undefined;
      return all.get((isAbove ? above : zone) ?? '');
    },
    fallsThrough: (name) => falls.includes(name),
  };
}

export function lines(answer: ZoneAnswer): readonly string[] {
  const { rcode, authoritative, outside } = answer;
  const section = (mark: string, records: ZoneAnswer['answer']) =>
    records.map((record) => `${mark}${formatRecord(record)}`);
  return [
    rcodeName(rcode) + (authoritative ? ' aa' : ''),
    ...section('', answer.answer),
    ...section('auth ', answer.authority),
    ...section('more ', answer.additional),
    ...(outside === undefined ? [] : [`outside ${outside}`]),
  ];
}
