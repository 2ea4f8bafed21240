/** One packet to one server over UDP, from a port of its own, and the wait for its answer. */
import { createSocket } from 'node:dgram';
import type { Exchange } from './notifier.ts';

/** The socket is connected: the kernel drops what others send. What goes wrong is silence. */
export const exchange: Exchange = (packet, { endpoint, source }, isAnswer, { waitMs, signal }) =>
  new Promise((resolve) => {
    const isIPv6 = endpoint.address.includes(':');
    const socket = createSocket(isIPv6 ? 'udp6' : 'udp4');
    let isOver = false;
    const end = (isAnswered: boolean) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.close();
      resolve(isAnswered);
    };
    const abort = () => end(false);
    const timer = setTimeout(() => end(false), waitMs);
    signal.addEventListener('abort', abort);
    // A refused port says nothing that the wait would not say: its server may be about to start.
    socket.on('error', () => {});
    socket.on('message', (reply) => {
      if (isAnswer(reply)) end(true);
    });
    const connect = () =>
      socket.connect(endpoint.port, endpoint.address, (error?: Error) => {
        if (error === undefined && !isOver) socket.send(packet);
      });
    if (source === undefined || source.includes(':') !== isIPv6) connect();
    else socket.bind({ address: source }, connect);
  });
