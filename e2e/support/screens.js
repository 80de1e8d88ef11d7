// Every screen and every failure card, each reached by doing what leads there. The accessibility check visits them
// all, and `cargo xtask shots` takes their pictures.

import { agree, agreeOnModel, compare, meetByCode, meetByLink, meetToCheck, seven } from './flow.js';
import { launch, Mortal } from './chromium.js';
import { model } from './environment.js';
import { lessons, openLesson, walk } from './lessons.js';
import { digits } from './pictures.js';
import { altering, Proxy } from './proxy.js';
import { Rehearsal } from './rehearsal.js';
import { Server } from './server.js';
import { Terminal } from './terminal.js';

/**
 * Name by name: a function that takes a stage and leads to the screen; it returns whoever sees it. On the stage,
 * `person(name, { home, browser })` enters, and `server`, `proxy`, `mortal`, `browser` and `terminal` are started and ended.
 */
const screens = {
  home: async ({ person }) => {
    const alice = await person('Alice');
    await alice.open();
    await alice.at('home');
    return alice;
  },

  'home-check': async ({ person }) => {
    const alice = await person('Alice');
    await alice.open();
    await alice.choice('Private picture check').check();
    return alice;
  },

  join: async ({ person }) => {
    const bob = await person('Bob');
    await bob.open();
    await bob.press('I have a code');
    await bob.at('join');
    return bob;
  },

  'join-refused': async ({ person }) => {
    const bob = await person('Bob');
    await bob.join('7-copper-xyzzy');
    await bob.page.getByRole('alert').waitFor();
    return bob;
  },

  invite: async ({ person }) => {
    const alice = await person('Alice');
    await alice.invite();
    return alice;
  },

  'rehearsal-lens': async ({ person }) => {
    const alice = await person('Alice');
    const rehearsal = await Rehearsal.open(alice);
    await rehearsal.choose('What to find out', 'Private picture check');
    await rehearsal.check();
    await rehearsal.look();
    return alice;
  },

  replay: async ({ person }) => {
    const alice = await person('Alice');
    await alice.open();
    await alice.follow('Open a transcript');
    const file = alice.page.getByLabel('Transcript');
    await file.setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
    await alice.page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    return alice;
  },

  // Behind a door, where somebody else is served.
  'meet-door': async ({ person, server, terminal }) => {
    const house = await server();
    const link = await terminal('serve', model('digits'), '--server', house.url, '--max-clients', '1').line();
    const [first, second] = [await person('Alice', { home: house.url }), await person('Bob', { home: house.url })];
    await first.open(link);
    await first.at('agree');
    await second.open(link);
    await second.screen('meet').getByText('Waiting for a place').waitFor();
    return second;
  },

  'invite-check': async ({ person }) => {
    const alice = await person('Alice');
    await alice.startCheck('picture');
    return alice;
  },

  lessons: async ({ person }) => {
    const alice = await person('Alice');
    await openLesson(alice);
    return alice;
  },

  ...Object.fromEntries(lessons.map((lesson) => [`lesson-${lesson}`, (stage) => taught(stage, lesson)])),
};

/**
 * Sessions that pass several screens, with the names of those: each takes a stage and `seen(name, party)`, which it
 * awaits wherever a party stands on the screen of that name.
 */
const journeys = [
  {
    names: ['meet', 'meet-waiting'],
    walk: async ({ person }, seen) => {
      const [alice, bob] = await couple(person);
      await meetByCode(alice, bob);
      await seen('meet', alice);
      await alice.press('They are the same');
      await seen('meet-waiting', alice);
    },
  },
  {
    names: [
      'agree', 'agree-guest', 'agree-waiting', 'amount', 'amount-refused', 'run', 'result-you', 'result-they', 'result-equal',
      'result-over', 'wire',
    ],
    walk: async ({ person }, seen) => {
      const [alice, bob] = await couple(person);
      await meetByLink(alice, bob);
      await seen('agree', alice);
      await seen('agree-guest', bob);
      await alice.press('Accept');
      await seen('agree-waiting', alice);
      await bob.accept();
      await alice.at('amount');
      await alice.amount().fill('1,250.00');
      await seen('amount', alice);
      await alice.amount().fill('1.2345');
      await alice.press('Compare');
      await alice.page.getByRole('alert').waitFor();
      await seen('amount-refused', alice);
      await alice.compare('1250');
      await alice.at('run');
      await seen('run', alice);
      await bob.compare('980');
      await alice.answer();
      await seen('result-you', alice);
      await bob.answer();
      await seen('result-they', bob);
      await Promise.all([alice.again(), bob.again()]);
      await compare(alice, '1250', bob, '1250');
      await seen('result-equal', alice);
      await bob.press('Leave');
      await alice.keepsTheAnswer('peer-cancelled');
      await seen('result-over', alice);
      await alice.press('See what crossed');
      await alice.press('comparing');
      for (let step = 0; step < 4; step += 1) await alice.press('Step');
      await alice.page.getByTestId('opened').waitFor();
      await seen('wire', alice);
    },
  },
  {
    names: ['rehearsal', 'rehearsal-held', 'rehearsal-steps'],
    walk: async ({ person }, seen) => {
      const alice = await person('Alice');
      const rehearsal = await Rehearsal.open(alice);
      await rehearsal.at('agree');
      await seen('rehearsal', alice);
      await rehearsal.agree();
      await rehearsal.hold(true);
      await rehearsal.putIn('1250', '980');
      for (let message = 0; message < 8; message += 1) await rehearsal.pass();
      await seen('rehearsal-held', alice);
      await rehearsal.hold(false);
      await rehearsal.at('result');
      await rehearsal.side('bob').getByRole('button', { name: 'Look over Bob’s shoulder' }).click();
      await rehearsal.stage('comparing');
      for (let step = 0; step < 4; step += 1) await rehearsal.press('Step');
      await seen('rehearsal-steps', alice);
    },
  },
  {
    names: [
      'model', 'model-waiting', 'model-refused', 'agree-check', 'run-owner', 'picture', 'picture-refused', 'result-label',
      'result-nothing',
    ],
    walk: async ({ person }, seen) => {
      const [alice, bob] = await couple(person);
      await meetToCheck(alice, bob);
      await seen('model', alice);
      await seen('model-waiting', bob);
      await alice.chooseModel({ name: 'notes.tacit', mimeType: 'application/octet-stream', buffer: Buffer.from('no model') });
      await alice.page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
      await seen('model-refused', alice);
      await alice.chooseModel('digits');
      await alice.at('agree');
      await seen('agree-check', alice);
      await Promise.all([alice.accept(), bob.accept()]);
      await alice.at('run');
      await seen('run-owner', alice);
      await bob.draw(seven);
      await seen('picture', bob);
      await bob.choosePicture({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
      await bob.page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
      await seen('picture-refused', bob);
      await bob.check();
      await Promise.all([alice.answer(), bob.answer()]);
      await seen('result-label', bob);
      await seen('result-nothing', alice);
    },
  },
  {
    names: ['picture-file', 'result-scores'],
    walk: async ({ person }, seen) => {
      const reveal = { detail: 'The score of every label', audience: 'Both of you' };
      const [alice, bob] = await checking(person, 'clothes', reveal);
      const bytes = await bob.page.evaluate(drawShoe);
      await bob.choosePicture({ name: 'shoe.png', mimeType: 'image/png', buffer: Buffer.from(bytes) });
      await bob.button('Draw instead').waitFor();
      await seen('picture-file', bob);
      await bob.check();
      await alice.answer();
      await seen('result-scores', alice);
    },
  },
  {
    names: ['picture-several', 'result-several'],
    walk: async ({ person }, seen) => {
      const reveal = { pictures: 'Up to four', detail: 'The three labels that fit best' };
      const [, bob] = await checking(person, 'digits', reveal);
      for (const strokes of [seven, digits[0]]) {
        await bob.draw(strokes);
        await bob.press('Add another');
      }
      await bob.draw(digits[1]);
      await seen('picture-several', bob);
      await bob.check(3);
      await bob.answer();
      await seen('result-several', bob);
    },
  },
];

/** Every journey; a screen that no session passes is a journey of its own. */
export const walks = [
  ...journeys,
  ...Object.entries(screens).map(([name, lead]) => ({
    names: [name],
    walk: async (stage, seen) => seen(name, await lead(stage)),
  })),
];

/** A lesson, with its protocols gone through. */
async function taught({ person }, lesson) {
  const alice = await person('Alice');
  await openLesson(alice, lesson);
  for (const bench of await alice.page.locator('.bench[role=group]').all()) await walk(alice, await bench.getAttribute('aria-label'));
  await alice.page.evaluate(() => window.scrollTo(0, 0));
  return alice;
}

/** In a page: a dark shoe on white paper, as a PNG file's bytes. */
async function drawShoe() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 });
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, 400, 300);
  context.fillStyle = '#26262c';
  context.fill(new Path2D('M60 110 Q70 150 110 148 Q150 140 176 104 Q236 150 318 170 Q356 184 350 214 L52 214 Q48 150 60 110 Z'));
  context.fillStyle = '#85858f';
  context.fillRect(46, 212, 308, 20);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  return Array.from(new Uint8Array(await blob.arrayBuffer()));
}

/** Alice has a model, Bob is asked for a picture. */
async function checking(person, model, reveal) {
  const [alice, bob] = await couple(person);
  await meetToCheck(alice, bob);
  await agreeOnModel(alice, bob, model, reveal);
  return [alice, bob];
}

/** Failures by their code, as far as they come at once. */
export const failures = {
  'peer-left': async ({ person }) => {
    const [alice, bob] = await ready(person);
    await bob.page.close();
    return alice;
  },

  'peer-cancelled': async ({ person }) => {
    const [alice, bob] = await ready(person);
    await bob.button('Leave').or(bob.button('Cancel')).first().click();
    return alice;
  },

  'peer-declined': async ({ person }) => {
    const [alice, bob] = await couple(person);
    await meetByLink(alice, bob);
    await bob.press('Not this');
    return alice;
  },

  declined: async ({ person }) => {
    const [alice, bob] = await couple(person);
    await meetByLink(alice, bob);
    await bob.press('Not this');
    return bob;
  },

  'words-differ': async ({ person }) => {
    const [alice, bob] = await couple(person);
    await meetByCode(alice, bob);
    await bob.press('They differ');
    return alice;
  },

  'code-wrong': async ({ person }) => {
    const [alice, bob] = await couple(person);
    const { code } = await alice.invite();
    const [room, first, second] = code.split('-');
    await bob.join(`${room}-${first}-${second === 'copper' ? 'violin' : 'copper'}`);
    return alice;
  },

  'code-unknown': async ({ person }) => {
    const bob = await person('Bob');
    await bob.join('4096-copper-violin');
    return bob;
  },

  'room-full': async ({ person }) => {
    const [alice, bob, eve] = [await person('Alice'), await person('Bob'), await person('Eve')];
    const { link } = await alice.invite();
    await bob.open(link);
    await alice.at('agree');
    await eve.open(link);
    return eve;
  },

  'invite-malformed': async ({ person }) => {
    const [alice, bob] = await couple(person);
    const { link } = await alice.invite();
    await bob.open(link.slice(0, -8));
    return bob;
  },

  'invite-elsewhere': async ({ person }) => {
    const bob = await person('Bob');
    await bob.open('/#https://other.example/%237.AAECAwQFBgcICQoLDA0ODw');
    return bob;
  },

  'invite-expired': async ({ person, server }) => {
    const alice = await person('Alice', { home: (await server('--waiting', '1s')).url });
    await alice.open();
    await alice.press('Start, and invite someone');
    return alice;
  },

  'server-busy': async ({ person, server }) => {
    const { url } = await server('--max-rooms', '1');
    const [first, alice] = [await person('First', { home: url }), await person('Alice', { home: url })];
    await first.invite();
    await alice.open();
    await alice.press('Start, and invite someone');
    return alice;
  },

  'too-many-tries': async ({ person, server }) => {
    const { url } = await server('--seats-per-minute', '1');
    const [first, bob] = [await person('First', { home: url }), await person('Bob', { home: url })];
    await first.invite();
    await bob.join('4096-copper-violin');
    return bob;
  },

  'versions-differ': async ({ person, server, proxy }) => {
    const later = await proxy(await server(), (frame) => ('version' in frame ? { ...frame, version: 65_535 } : frame));
    const alice = await person('Alice', { home: later.url });
    await alice.open();
    await alice.press('Start, and invite someone');
    return alice;
  },

  'peer-broke-protocol': async ({ person }) => {
    const [alice, bob] = await ready(person);
    await alice.compare('1250');
    await bob.cheat();
    await bob.compare('980');
    return alice;
  },

  'browser-unsupported': async ({ person }) => {
    const alice = await person('Alice');
    await alice.page.addInitScript(() => delete window.RTCPeerConnection);
    await alice.open();
    if (await alice.screen('home').isVisible()) await alice.press('Start, and invite someone');
    return alice;
  },

  'server-unreachable': async ({ person, server }) => {
    const gone = await server();
    const alice = await person('Alice', { home: gone.url });
    await alice.open();
    await alice.at('home');
    await gone.stop();
    alice.expects(/Failed to load resource|WebSocket connection to .* failed/);
    await alice.press('Start, and invite someone');
    return alice;
  },

  'relay-altered': async ({ person, server, proxy }) => {
    const meddler = await proxy(await server(), altering(3));
    const [alice, bob] = await couple(person, { home: meddler.url });
    const { link } = await alice.invite();
    await bob.open(link);
    await Promise.all([alice.at('failure'), bob.at('failure')]);
    return (await alice.screen('failure').getAttribute('data-failure')) === 'relay-altered' ? alice : bob;
  },
};

/** Failures that need some silence first. */
export const slowFailures = {
  'connection-lost': async ({ person, mortal }) => {
    const { browser, freeze } = await mortal();
    const [alice, bob] = [await person('Alice'), await person('Bob', { browser })];
    await meetByLink(alice, bob);
    freeze();
    return alice;
  },

  'connection-failed': async ({ person, browser }) => {
    // Without UDP there is no way from one browser to the other.
    const walled = await browser('--webrtc-ip-handling-policy=disable_non_proxied_udp');
    const [alice, bob] = [await person('Alice'), await person('Bob', { browser: walled })];
    const { link } = await alice.invite();
    await bob.open(link);
    return alice;
  },

  stalled: async ({ person, mortal }) => {
    // Bob's worker is busy for ever, while his browser keeps the connection alive.
    const { browser } = await mortal();
    const [alice, bob] = [await person('Alice'), await person('Bob', { browser })];
    await meetByLink(alice, bob);
    await agree(alice, bob);
    await bob.compare('980');
    await bob.at('run');
    // Never comes back; the browser's end ends it.
    bob.page.workers().forEach((worker) => worker.evaluate(() => { for (;;); }).catch(() => {}));
    await alice.compare('1250');
    return alice;
  },
};

function couple(person, options) {
  return Promise.all([person('Alice', options), person('Bob', options)]);
}

/** Two people who are asked for their amounts. */
async function ready(person) {
  const [alice, bob] = await couple(person);
  await meetByLink(alice, bob);
  await agree(alice, bob);
  return [alice, bob];
}

/** A stage for the functions above; `close` ends what it started. */
export function stage(person) {
  const started = [];
  const keep = async (starting) => {
    const running = await starting;
    started.unshift(running);
    return running;
  };
  return {
    person,
    server: (...flags) => keep(Server.start(...flags)),
    proxy: (server, meddle) => keep(Proxy.start(server, meddle)),
    browser: (...flags) => keep(launch(...flags)),
    mortal: () => keep(Mortal.launch()),
    terminal: (...args) => {
      const program = new Terminal(args);
      started.unshift({ stop: () => program.end() });
      return program;
    },
    close: async () => {
      for (const running of started) await (running.stop ?? running.close).call(running);
    },
  };
}
