/** Opens addresses to listen on, each with a number of its own: all of them, or none. */
import { BUFFER_OCTETS } from '../../../libs/socket/open-udp-socket.ts';
import { type Endpoint, endpointText, isBeside } from '../../../libs/socket/socket-address.ts';
import type { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import { LISTENERS_AT_ONCE_MAX } from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { NumberPool } from '../number-pool.ts';
import type { ListeningPlace, PlaceOptions } from './listening-place.ts';
import { closePlace, openStreamPlace } from './listening-place.ts';
import type { AnswerTcp } from './tcp-answerer.ts';
import { isOverUdp, type Listen } from './udp-readers.ts';

export interface OpenPlacesOptions {
  readonly numbers: NumberPool;
  readonly answerTcp: AnswerTcp;
  readonly admission: { readonly plain: TcpAdmission; readonly secure: TcpAdmission };
  readonly onHttpResponse: (listen: Listen, status: number) => void;
  readonly log: Log;
  /** The view that clients of a listener see from now on. */
  readonly show: (listener: number, view: number) => void;
}

export interface WantedPlace extends Pick<PlaceOptions, 'before'> {
  readonly listen: ListeningPlace['listen'];
}

type Wanted = readonly WantedPlace[];

/** How the UDP port of a place is opened, and its TCP listener. */
export type OpenDnsPlace = (options: PlaceOptions) => Promise<ListeningPlace>;

/** All of them, beside those that are there, or none: rejects with ListenError. */
export async function openPlaces(
  wanted: Wanted,
  there: readonly ListeningPlace[],
  options: OpenPlacesOptions,
  openDns: OpenDnsPlace,
): Promise<readonly ListeningPlace[]> {
  const numbers = take(wanted, options);
  const places: ListeningPlace[] = [];
  try {
    for (const [i, one] of wanted.entries()) {
      const open = isOverUdp(one.listen) ? openDns : openStreamPlace;
      const isBesideOwn = isBesideSome([...there, ...places], one.listen);
      const place = await open({ ...placeOf(one, numbers[i] ?? 0, options), isBesideOwn });
      places.push(place);
      tellBuffer(place, options.log);
    }
    return places;
  } catch (error) {
    for (const place of places) await closePlace(place);
    options.numbers.give(numbers);
    throw error;
  }
}

/** Whether it shares its port with one of them. */
export function isBesideSome(places: readonly ListeningPlace[], wanted: Endpoint): boolean {
  return places.some(({ endpoint }) => isBeside(endpoint, wanted));
}

function placeOf(
  wanted: WantedPlace,
  number: number,
  { answerTcp, admission, show, onHttpResponse }: OpenPlacesOptions,
): Omit<PlaceOptions, 'isBesideOwn'> {
  const { listen } = wanted;
  show(number, listen.view);
  return {
    ...{ ...wanted, number, answer: answerTcp(number) },
    // Who takes all connections of one kind must not take those of the other.
    admission: isOverUdp(listen) ? admission.plain : admission.secure,
    onHttpResponse: (status) => onHttpResponse(listen, status),
  };
}

function take(wanted: Wanted, { numbers }: OpenPlacesOptions): readonly number[] {
  const taken = numbers.take(wanted.length);
  if (taken === undefined) {
    throw new RangeError(
      `Cannot listen on "${wanted.length}" more addresses: of ${LISTENERS_AT_ONCE_MAX} at once ` +
        `${numbers.left} are left; expected no more`,
    );
  }
  return taken;
}

function tellBuffer({ endpoint, udp }: ListeningPlace, log: Log): void {
  if (udp === undefined || udp.receiveOctets >= BUFFER_OCTETS) return;
  const [has, wanted] = [udp.receiveOctets >> 10, BUFFER_OCTETS >> 10];
  log.info(
    `${endpointText(endpoint)}/udp: the receive buffer has ${has} KiB of ${wanted}; ` +
      'more need net.core.rmem_max or CAP_NET_ADMIN',
  );
}
