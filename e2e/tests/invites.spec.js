// Invites as chat programs leave them, and a network that fails while somebody waits with one.

import { expect, test } from '../support/fixtures.js';
import { Proxy } from '../support/proxy.js';

for (const [what, left] of [
  ['a character of no width', (link) => `${link}\u200b`],
  ['an ellipsis', (link) => `${link}…`],
  ['a full stop of Chinese, and text', (link) => `${link}。见见`],
  ['a quotation mark', (link) => `${link}"`],
  ['an angle bracket', (link) => `${link}>`],
  ['an encoded blank', (link) => `${link}%20`],
  ['a tracker', (link) => `${link}?fbclid=IwAR0abc`],
  ['an encoded dot', (link) => link.replace(/(#\d+)\./, '$1%2E')],
  ['a second slash', (link) => link.replace('/#', '//#')],
]) {
  test(`a link with ${what} opens, and its secret leaves the address bar`, async ({ alice, bob }) => {
    const { link } = await alice.invite();
    await bob.open(left(link));
    await Promise.all([alice.at('agree'), bob.at('agree')]);
    expect(bob.page.url()).not.toContain(link.split('.').pop());
    expect(new URL(bob.page.url()).hash).toBe('');
  });
}

test('a link whose # was encoded is explained, and leaves the address bar', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  bob.expects(/Failed to load resource: .* 404/);
  await bob.open(link.replace('#', '%23'));
  await expect(bob.page.getByRole('heading')).toHaveText('This link was changed on its way.');
  expect(new URL(bob.page.url()).pathname).toBe('/');
  await bob.follow('join all the same');
  await Promise.all([alice.at('agree'), bob.at('agree')]);
});

test('a link to another server is not tried at this one', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  const elsewhere = link.replace(/^.*#/, 'https://other.example/#');
  await bob.join(`Join me: ${elsewhere}`);
  await expect(bob.page.getByRole('alert')).toContainText('This link is for other.example.');
  await expect(bob.page.getByRole('textbox', { name: 'Code' })).toHaveValue(`Join me: ${elsewhere}`);
  await expect(alice.screen('invite'), 'the host still waits').toBeVisible();
});

test('a link with text around it can be pasted where a code is typed', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  await bob.join(`Let's play #tacit! <${link}> (ten minutes)`);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
});

test('a code with a label and text after it is taken', async ({ alice, bob }) => {
  const { code } = await alice.invite();
  await bob.join(`Code: ${code} (ten minutes)`);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
});

test('a host whose socket is cut comes back, and its invite is as good as before', async ({ server, person, browsers }) => {
  const proxy = await Proxy.start(server);
  try {
    const alice = await person('Alice', browsers.alice, proxy.url);
    const bob = await person('Bob', browsers.bob, proxy.url);
    const { link } = await alice.invite();
    alice.expects(/WebSocket connection to .* failed/);
    proxy.refusing = true;
    proxy.cut();
    const waiting = alice.page.locator('.waiting');
    await expect(waiting).toContainText('The server is out of reach.');
    proxy.refusing = false;
    await expect(waiting).toContainText('Waiting for the other person');
    await bob.open(link);
    await Promise.all([alice.at('agree'), bob.at('agree')]);
  } finally {
    await proxy.stop();
  }
});

test('a guest who comes while the host is cut off waits for it', async ({ server, person, browsers }) => {
  const proxy = await Proxy.start(server);
  try {
    const alice = await person('Alice', browsers.alice, proxy.url);
    const bob = await person('Bob', browsers.bob);
    const { link } = await alice.invite();
    alice.expects(/WebSocket connection to .* failed/);
    proxy.refusing = true;
    proxy.cut();
    await expect(alice.page.locator('.waiting')).toContainText('The server is out of reach.');
    await bob.open(link.replace(proxy.url, server.url));
    await bob.at('meet');
    proxy.refusing = false;
    await Promise.all([alice.at('agree'), bob.at('agree')]);
  } finally {
    await proxy.stop();
  }
});
