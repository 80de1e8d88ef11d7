// The one place where tests start other programs: those from outside the repository are on the list that `cargo xtask test`
// installs from, xtask/programs/programs.json; those of the repository are named by their path.

import * as processes from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const list = JSON.parse(readFileSync(new URL('../../xtask/programs/programs.json', import.meta.url), 'utf8'));

/** Where the program called `name` on the list is: as its variable says, else the first on PATH; undefined where it is missing. */
export function find(name) {
  const { also = [], variable } = listed(name);
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = [name, ...also].flatMap((name) => folders.map((folder) => join(folder, name)));
  return (variable && process.env[variable]) || places.find((place) => existsSync(place));
}

/** Why tests are skipped without the program called `name`, to stand behind their names; nothing where it is here. */
export function missing(name) {
  if (find(name)) return '';
  const { title, variable } = listed(name);
  return ` (SKIPPED, there is no ${title} here: install it, or set ${variable} to its program)`;
}

/** Starts a program, of the list by its name or of the repository by its path, as `spawn` does. */
export function start(program, args, options) {
  return processes.spawn(place(program), args, options);
}

/** What a program of the list writes to standard output. */
export function read(program, args) {
  return processes.execFileSync(place(program), args, { encoding: 'utf8' });
}

function place(program) {
  if (isAbsolute(program)) return program;
  const found = find(program);
  if (!found) throw new Error(`there is no ${listed(program).title} here`);
  return found;
}

function listed(name) {
  const program = list.find((program) => program.name === name);
  if (!program) throw new Error(`${name} is not on the list of xtask/programs/programs.json: add it`);
  return program;
}
