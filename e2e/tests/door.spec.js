// Who comes in, and who does not. Refusals that one step leads to are in support/screens.js, and access.spec.js tests them.

import { WebSocket } from 'ws';
import { once } from 'node:events';

import { agree, compare, expect, meetByLink, test } from '../support/fixtures.js';
import { Proxy } from '../support/proxy.js';

test('a third person is refused, and the two go on', async ({ alice, bob, person, browsers }) => {
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
  const eve = await person('Eve', browsers.bob);
  await eve.open(link);
  await eve.failed('room-full');
  await agree(alice, bob);
  expect(await compare(alice, '2', bob, '1')).toEqual(['you', 'they']);
});

test('a third person with the code is refused as well', async ({ alice, bob, person, browsers }) => {
  const { code } = await alice.invite();
  await bob.join(code);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
  const eve = await person('Eve', browsers.alice);
  await eve.join(code);
  await eve.failed('room-full');
  for (const party of [alice, bob]) await party.press('They are the same');
  await agree(alice, bob);
});

test('a wrong code ends the session, and the right one comes too late', async ({ alice, bob, person, browsers }) => {
  const { code } = await alice.invite();
  await bob.join(wrong(code));
  await Promise.all([alice.failed('code-wrong'), bob.failed('code-wrong')]);
  const again = await person('Bob again', browsers.bob);
  await again.join(code);
  await again.failed('code-unknown');
});

test('whoever guesses with a program of their own has one guess, too', async ({ alice, server }) => {
  const { code } = await alice.invite();
  const room = Number(code.split('-')[0]);
  const first = await knock(server, room);
  expect(first.reply).toEqual({ type: 'joined' });
  first.socket.send(JSON.stringify({ type: 'relay', body: 'A'.repeat(96) }));
  await alice.at('failure');
  const second = await knock(server, room);
  expect(second.reply.type).toBe('refused');
  first.socket.terminate();
  second.socket.terminate();
});

test('a code with a word that is none is caught before anybody is asked', async ({ alice }) => {
  await alice.join('7-copper-xyzzy');
  await expect(alice.page.getByRole('alert')).toHaveText(/\w+/);
  await expect(alice.screen('join')).toBeVisible();
  await expect(alice.page.getByRole('textbox', { name: 'Code' })).toHaveValue('7-copper-xyzzy');
});

test('words complete as they are typed', async ({ alice, bob }) => {
  const { code } = await alice.invite();
  const [room, first, second] = code.split('-');
  await bob.open();
  await bob.press('I have a code');
  const box = bob.page.getByRole('textbox', { name: 'Code' });
  await box.pressSequentially(`${room}-${first}-${second.slice(0, -1)}`);
  await expect(bob.page.getByText(second).first()).toBeAttached();
});

test('a link that was cut off is said to be incomplete', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  await bob.open(link.slice(0, -8));
  await bob.failed('invite-malformed');
  await expect(alice.screen('invite'), 'the host still waits').toBeVisible();
});

test('a link for a room that is gone is not found', async ({ alice, bob, person, browsers }) => {
  const { link } = await alice.invite();
  await alice.page.close();
  await expect(async () => {
    const visitor = await person('Visitor', browsers.bob);
    await visitor.open(link);
    await visitor.failed('code-unknown');
  }).toPass();
});

test('the host may cancel the invite', async ({ alice, bob }) => {
  const { link } = await alice.invite();
  await alice.button('Leave').or(alice.button('Cancel')).click();
  await alice.at('home');
  await bob.open(link);
  // Within the moment in which goodbyes are said, the room may still be there, and empty.
  await expect(bob.screen('failure')).toHaveAttribute('data-failure', /^(code-unknown|peer-left)$/);
});

test('a server whose socket is closed is said to be unreachable, and trying again works', async ({ server, person, browsers }) => {
  const proxy = await Proxy.start(server);
  try {
    const alice = await person('Alice', browsers.alice, proxy.url);
    proxy.refusing = true;
    alice.expects(/WebSocket connection to .* failed/);
    await alice.open();
    await alice.press('Start, and invite someone');
    await alice.failed('server-unreachable');
    proxy.refusing = false;
    await alice.press('Start again');
    await alice.at('invite');
    await expect(alice.byTestId('invite-code')).toBeVisible();
  } finally {
    await proxy.stop();
  }
});

/** `code` with its last word replaced by another one of the list. */
function wrong(code) {
  const [room, first, second] = code.split('-');
  return `${room}-${first}-${second === 'copper' ? 'violin' : 'copper'}`;
}

/** Asks the server for the second seat of `room`, without a page. */
async function knock(server, room) {
  const url = new URL(server.url);
  const socket = new WebSocket(`ws://${url.host}/socket`, { origin: url.origin });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'join', version: 3, room }));
  const [data] = await once(socket, 'message');
  return { socket, reply: JSON.parse(data.toString()) };
}
