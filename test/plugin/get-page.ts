import { get } from 'node:http';
import type { HttpListeners } from '../../services/resolver/http-listeners.ts';

export interface GotPage {
  readonly status: number;
  readonly text: string;
}

/** Opens the pages of 127.0.0.1:0; gives a way to get one. */
export async function openPages(http: HttpListeners): Promise<(path: string) => Promise<GotPage>> {
  await http.open();
  const port = http.portOf({ host: '127.0.0.1', port: 0 });
  return (path) =>
    new Promise((resolve, reject) => {
      // A connection for each, so that none is kept when the listener closes.
      get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      }).on('error', reject);
    });
}

/** One page, of listeners that are opened and closed for it. */
export async function getPage(http: HttpListeners, path: string): Promise<GotPage> {
  const page = await openPages(http);
  try {
    return await page(path);
  } finally {
    await http.close();
  }
}
