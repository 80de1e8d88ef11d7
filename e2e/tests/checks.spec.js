// A picture check that does not end as it should, and the questions before it is stopped.

import { agreeOnModel, expect, meetToCheck, seven, test } from '../support/fixtures.js';

test.describe.configure({ timeout: 120_000 });

/** Where machines are at work on an answer, the page asks whether that is meant. */
async function stop(party, isSure) {
  await party.button('Leave').or(party.button('Cancel')).first().click();
  if (isSure) await party.press('Stop it');
}

const says = (party, heading) => expect(party.page.getByRole('heading', { level: 1 })).toHaveText(heading);
const stocked = (party) => expect(party.page.getByText('1 check in stock')).toBeVisible();

const RUNNING = 'while the picture goes through the layers';

// How far the machines are when one of the two goes. So that they stay there, the other one's program falls silent first.
const stages = {
  'while material is prepared': async (owner, holder, stays) => {
    await owner.chooseModel('digits');
    await Promise.all([owner.at('agree'), holder.at('agree')]);
    // It still says that its person accepted.
    await stays.fallSilent(1);
    await Promise.all([owner.accept(), holder.accept()]);
    await Promise.all([owner.at('run'), holder.at('picture')]);
    // The owner needs no answer for its own part, the holder does.
    await expect(holder.page.getByText('1 check in stock')).toBeHidden();
  },
  [RUNNING]: async (owner, holder, stays) => {
    await agreeOnModel(owner, holder);
    await holder.draw(seven);
    await Promise.all([stocked(owner), stocked(holder)]);
    // The holder's program says that the picture is in, and its first masked numbers; the owner's its first answer.
    await stays.fallSilent(stays === holder ? 2 : 1);
    await holder.check();
    await Promise.all([says(owner, 'Checking'), says(holder, 'Checking')]);
  },
};

for (const [stage, reach] of Object.entries(stages)) {
  for (const role of ['owner', 'holder']) {
    const cast = (alice, bob) => (role === 'owner' ? [alice, bob] : [bob, alice]);

    test(`the ${role} stops ${stage}`, async ({ alice, bob }) => {
      await meetToCheck(alice, bob);
      const [goes, stays] = cast(alice, bob);
      await reach(alice, bob, stays);
      await stop(goes, stage === RUNNING);
      await stays.failed('peer-cancelled');
      await expect(goes.screen('home').or(goes.screen('failure'))).toBeVisible();
    });

    test(`the ${role} closes the page ${stage}`, async ({ alice, bob }) => {
      await meetToCheck(alice, bob);
      const [goes, stays] = cast(alice, bob);
      await reach(alice, bob, stays);
      await goes.page.close();
      await stays.failed('peer-left');
    });
  }
}

test('messages that no honest program sends end a check, and the page stays alive', async ({ alice, bob }) => {
  await meetToCheck(alice, bob);
  await agreeOnModel(alice, bob);
  await bob.draw(seven);
  await Promise.all([stocked(alice), stocked(bob)]);
  await bob.cheat();
  await bob.check();
  await alice.failed('peer-broke-protocol');
  await expect(bob.screen('failure')).toBeVisible();
  await alice.open();
  await alice.at('home');
});

test('a click that was meant for other terms accepts nothing', async ({ alice, bob }) => {
  await meetToCheck(alice, bob);
  await alice.chooseModel('digits');
  await Promise.all([alice.at('agree'), bob.at('agree')]);
  const cautions = bob.page.getByTestId('cautions');
  await expect(cautions).toContainText('An altered program learns at most 4 bits of the model from each picture.');
  await expect(alice.page.getByTestId('cautions')).toContainText('at most 4 bits of your model from each picture.');
  // Bob's second lasts as long as this test likes.
  await bob.page.clock.install();
  await bob.page.clock.pauseAt(Date.now() + 1_000);
  await alice.press('Another model');
  await alice.chooseModel('clothes', { detail: 'The three labels that fit best' });
  await expect(cautions).toContainText('at most 12 bits of the model');
  const accept = bob.button('Accept');
  await expect(accept).toHaveAttribute('aria-disabled', 'true');
  await accept.dispatchEvent('click');
  await bob.page.clock.runFor(1_000);
  await expect(accept).not.toHaveAttribute('aria-disabled');
  await bob.page.clock.resume();
  await Promise.all([alice.accept(), bob.accept()]);
  await Promise.all([alice.at('run'), bob.at('picture')]);
});
