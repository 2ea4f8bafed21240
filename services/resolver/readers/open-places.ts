/** Opens addresses to listen on, each with a number of its own: all of them, or none. */
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { BUFFER_OCTETS } from '../../../libs/socket/open-udp-socket.ts';
import { endpointText } from '../../../libs/socket/socket-address.ts';
import type { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import { LISTENERS_MAX } from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { NumberPool } from '../number-pool.ts';
import { openDgramReaders } from './dgram-readers.ts';
import type { ListeningPlace } from './listening-place.ts';
import { closePlace, mayTryAnother, openPlace, openTcpOf } from './listening-place.ts';
import type { AnswerTcp } from './tcp-answerer.ts';
import type { UdpReaders, UdpReadersOptions } from './udp-readers.ts';

export interface OpenPlacesOptions {
  readonly numbers: NumberPool;
  readonly answerTcp: AnswerTcp;
  readonly admission: TcpAdmission;
  readonly log: Log;
  /** The view that clients of a listener see from now on. */
  readonly show: (listener: number, view: number) => void;
}

type Wanted = readonly ListeningPlace['listen'][];

/** Their sockets are open, and nobody reads them. Rejects with ListenError. */
export async function openPlaces(
  wanted: Wanted,
  options: OpenPlacesOptions,
  library: CLibrary,
): Promise<readonly ListeningPlace[]> {
  const numbers = take(wanted, options);
  const places: ListeningPlace[] = [];
  try {
    for (const [i, listen] of wanted.entries()) {
      const place = await openPlace(placeOf(listen, numbers[i] ?? 0, options), library);
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

/** The thread that reads them has their sockets. Rejects with ListenError. */
export async function openDgramPlaces(
  wanted: Wanted,
  options: OpenPlacesOptions,
  readers: UdpReadersOptions,
): Promise<{ readonly places: readonly ListeningPlace[]; readonly udp: UdpReaders }> {
  const numbers = take(wanted, options);
  const addresses = wanted.map(({ address, port }, i) => ({
    number: numbers[i] ?? 0,
    endpoint: { address, port },
  }));
  const port = wanted.some((listen) => listen.port === 0) ? 0 : 1;
  for (let tries = 1; ; tries++) {
    const places: ListeningPlace[] = [];
    let udp: Awaited<ReturnType<typeof openDgramReaders>> | undefined;
    try {
      udp = await openDgramReaders(readers, addresses);
      for (const [i, listen] of wanted.entries()) {
        const endpoint = udp.endpoints[i] ?? { address: listen.address, port: listen.port };
        places.push(await openTcpOf(placeOf(listen, numbers[i] ?? 0, options), endpoint));
      }
      return { places, udp };
    } catch (error) {
      await udp?.close();
      for (const place of places) await closePlace(place);
      if (udp !== undefined && mayTryAnother(error, port, tries)) continue;
      options.numbers.give(numbers);
      throw error;
    }
  }
}

function placeOf(
  listen: ListeningPlace['listen'],
  number: number,
  { answerTcp, admission, show }: OpenPlacesOptions,
) {
  show(number, listen.view);
  return { listen, number, answer: answerTcp(number), admission };
}

function take(wanted: Wanted, { numbers, show }: OpenPlacesOptions): readonly number[] {
  const taken = numbers.take(wanted.length);
  if (taken === undefined) {
    throw new RangeError(
      `Cannot listen on "${wanted.length}" more addresses: ${LISTENERS_MAX} are the most; ` +
        `expected at most ${numbers.left}`,
    );
  }
  for (const [i, number] of taken.entries()) show(number, wanted[i]?.view ?? 0);
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
