import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../../test/servers/free-port.ts';
import { HttpListeners, PageList, plainText } from './http-listeners.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

describe('HttpListeners', () => {
  test('serves the pages of an address, and shares it', async (t) => {
    const http = new HttpListeners();
    http.serve(ANY_PORT, '/a', async () => plainText(200, 'first'));
    http.serve(ANY_PORT, '/a', async () => plainText(200, 'second'));
    http.serve(ANY_PORT, '/b', async () => plainText(503, 'b'));
    await http.open();
    t.after(() => http.close());
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${http.portOf(ANY_PORT)}${path}`, { method });
      return [response.status, await response.text()];
    };
    assert.deepEqual(await get('/a?verbose'), [200, 'first']);
    assert.deepEqual(await get('/b'), [503, 'b']);
    assert.deepEqual(await get('/c'), [404, 'Not Found\n']);
    assert.deepEqual(await get('/a', 'HEAD'), [200, '']);
    assert.deepEqual(await get('/a', 'POST'), [405, 'Method Not Allowed\n']);
  });

  test('gives other pages on the same listener, and closes what nobody names', async (t) => {
    const http = new HttpListeners();
    t.after(() => http.close());
    const [LATER, GONE] = [
      { host: '127.0.0.2', port: 0 },
      { host: '127.0.0.3', port: 0 },
    ];
    http.serve(ANY_PORT, '/a', async () => plainText(200, 'old'));
    http.serve(GONE, '/a', async () => plainText(200, 'gone'));
    await http.open();
    const gone = http.portOf(GONE);
    const port = http.portOf(ANY_PORT);
    const pages = new PageList();
    pages.serve(ANY_PORT, '/a', async () => plainText(200, 'new'));
    pages.serve(LATER, '/a', async () => plainText(200, 'later'));
    const get = async (host: string, of: number | undefined) =>
      (await fetch(`http://${host}:${of}/a`)).text();
    await (await http.prepare([pages])).giveUp();
    assert.equal(http.portOf(LATER), undefined);
    const change = await http.prepare([pages]);
    assert.equal(await get('127.0.0.1', port), 'old');
    change.take();
    assert.equal(await get('127.0.0.1', port), 'new');
    assert.equal(await get('127.0.0.2', http.portOf(LATER)), 'later');
    await assert.rejects(get('127.0.0.3', gone));
  });

  test('goes from one address to all of them at the same port, and back', async (t) => {
    const http = new HttpListeners();
    t.after(() => http.close());
    const port = await freePort();
    const get = async () => (await fetch(`http://127.0.0.1:${port}/a`)).text();
    for (const host of ['127.0.0.1', '', '127.0.0.1', '0.0.0.0', '127.0.0.1']) {
      const pages = new PageList();
      pages.serve({ host, port }, '/a', async () => plainText(200, host));
      (await http.prepare([pages])).take();
      assert.equal(await get(), host);
    }
  });

  test('says which address is not to be had, and opens none then', async (t) => {
    const holder = new HttpListeners();
    holder.serve(ANY_PORT, '/a', async () => plainText(200, 'a'));
    await holder.open();
    t.after(() => holder.close());
    const port = holder.portOf(ANY_PORT) ?? 0;
    const http = new HttpListeners();
    http.serve(ANY_PORT, '/health', async () => plainText(200, 'a'));
    http.serve({ ...ANY_PORT, port }, '/ready', async () => plainText(200, 'a'));
    await assert.rejects(http.open(), {
      message:
        `Cannot listen on "127.0.0.1:${port}" for /ready: listen EADDRINUSE: ` +
        `address already in use 127.0.0.1:${port}; expected a free address`,
    });
    assert.equal(http.portOf(ANY_PORT), undefined);
  });
});
