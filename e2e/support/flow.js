// What two people do together, as the tests, the pictures and the demonstration need it.

import { expect } from '@playwright/test';

/** A digit as strokes, from 0 to 1. */
export const seven = [[[0.24, 0.22], [0.74, 0.22], [0.56, 0.5], [0.42, 0.8]]];

/** Alice sends a link, Bob opens it; both stand before the agreement. */
export async function meetByLink(alice, bob) {
  const { link } = await alice.invite();
  await bob.open(link);
  await Promise.all([alice.at('agree'), bob.at('agree')]);
}

/** Alice says a code, Bob types it; both see the same words. */
export async function meetByCode(alice, bob) {
  const { code } = await alice.invite();
  await bob.join(code);
  await Promise.all([alice.at('meet'), bob.at('meet')]);
  const [hers, his] = await Promise.all([alice.words(), bob.words()]);
  expect(his).toBe(hers);
}

/** Both accept; both are asked for an amount. */
export async function agree(alice, bob) {
  await Promise.all([alice.accept(), bob.accept()]);
  await Promise.all([alice.at('amount'), bob.at('amount')]);
}

/** Both give an amount; what each of them learns. */
export async function compare(alice, hers, bob, his) {
  await Promise.all([alice.compare(hers), bob.compare(his)]);
  return Promise.all([alice.answer(), bob.answer()]);
}

/** Alice starts a picture check with the `model` or the `picture`, Bob opens the link; its owner is asked for a model. */
export async function meetToCheck(alice, bob, role = 'model') {
  const { link } = await alice.startCheck(role);
  await bob.open(link);
  await Promise.all([alice.at('model'), bob.at('model')]);
}

/** The owner proposes a model and both accept it; the holder is asked for a picture. */
export async function agreeOnModel(owner, holder, model = 'digits', reveal) {
  await owner.chooseModel(model, reveal);
  await Promise.all([owner.accept(), holder.accept()]);
  await Promise.all([owner.at('run'), holder.at('picture')]);
}

/** The holder draws and asks; what owner and holder learn. */
export async function checkDrawing(owner, holder, strokes = seven) {
  await holder.draw(strokes);
  await holder.check();
  return Promise.all([owner.answer(), holder.answer()]);
}
