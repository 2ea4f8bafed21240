/** Opens the listeners of a resolver, with the way of UDP that there is here. */
import { type CLibrary, loadCLibrary } from '../../../libs/socket/c-library.ts';
import { beforeReaders } from './control-priority.ts';
import { type Listeners, type ListenersOptions, OpenListeners } from './listeners.ts';

/** Rejects with ListenError, and nothing left open, when an address can't be had. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const library = await libraryFor(options);
  const listeners = new OpenListeners(options, library);
  const controlGivesWay = beforeReaders();
  const opened = await listeners.prepare(options.listen);
  try {
    await opened.take();
  } catch (error) {
    await opened.giveUp();
    throw error;
  }
  controlGivesWay();
  return listeners;
}

/** The batched calls; undefined where node:dgram is to serve. */
async function libraryFor({ udp, log }: ListenersOptions): Promise<CLibrary | undefined> {
  const wanted = udp ?? process.env.ISTHMUS_UDP ?? '';
  if (!['', 'mmsg', 'dgram'].includes(wanted)) {
    throw new RangeError(
      `Cannot use ISTHMUS_UDP "${wanted}": no such way of UDP; expected mmsg or dgram`,
    );
  }
  if (wanted === 'dgram') return undefined;
  const library = await loadCLibrary();
  if (library !== undefined) return library;
  if (wanted === 'mmsg') {
    throw new Error('Cannot use batched UDP: koffi or Linux is missing; expected udp dgram');
  }
  log.warning('UDP is served by node:dgram: batched calls are missing here');
  return undefined;
}
