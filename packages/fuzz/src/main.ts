import { parseArgs } from 'node:util';
import { type Case, examine, isFault } from './campaign.js';
import { backends } from './chosenBackend.js';
import { families, trialOf } from './families/families.js';
import { statistics, table } from './report.js';
import { summary } from './summary.js';

/** Lines in the table of the worst. */
const MOST_LINES = 25;

const { values: options } = parseArgs({
  options: {
    problems: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
    family: { type: 'string', default: 'clouds' },
    method: { type: 'string', default: 'auto' },
    only: { type: 'string' },
  },
});

const count = whole('problems');
const seed = whole('seed');
const name = oneOf('backend', Object.keys(backends));
const asked = oneOf('precision', ['float32', 'float64']);
const method = oneOf('method', ['auto', 'alternating', 'newton']);
const backend = await backends[name](asked);
const { precision } = backend;

const makers =
  options.family === 'all'
    ? Object.values(families)
    : options.family.split(',').map((name) => {
        if (name in families) return families[name];
        throw new Error(`--family is ${name}: give all, or some of ${Object.keys(families).join(',')}`);
      });
const trials = options.only
  ? [trialOf(options.only)]
  : makers.flatMap((make) => Array.from({ length: count }, (_, index) => make(seed, index)));
const cases: Case[] = [];
for (const trial of trials) {
  cases.push(await examine(trial, (asked) => asked.solve({ backend, method }), precision));
  if (process.stderr.isTTY) process.stderr.write(`\r${cases.length} of ${trials.length}`);
}
if (process.stderr.isTTY) process.stderr.write('\n');
backend.dispose();

if (options.only) console.dir(cases[0], { depth: null, maxArrayLength: null });
console.log(statistics(cases));
if (!options.only) console.log(`\nresults that are called accurate, at worst:\n${summary(cases)}`);
const faults = cases.filter(isFault);
if (faults.length) console.log(`\nfaults:\n${table(faults, MOST_LINES)}`);
const messages = cases.filter(({ message }) => message !== undefined);
for (const { trial, message } of messages) console.log(`${trial.id} threw: ${message}`);
const unsure = cases.filter(({ verdict }) => verdict && Object.values(verdict.outcomes).includes('unsure'));
if (unsure.length) console.log(`\nthe oracle is unsure:\n${table(unsure, MOST_LINES)}`);
const refused = cases.filter(({ verdict }) => verdict?.outcome === 'refused');
if (refused.length) console.log(`\nnot called accurate, and not:\n${table(refused, MOST_LINES)}`);
process.exitCode = faults.length ? 1 : 0;

function whole(name: 'problems' | 'seed'): number {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} is ${options[name]}: give a whole number`);
  return value;
}

function oneOf<T extends string>(name: 'backend' | 'precision' | 'method', choices: readonly T[]): T {
  const choice = choices.find((value) => value === options[name]);
  if (!choice) throw new Error(`--${name} is ${options[name]}: give ${choices.join(' or ')}`);
  return choice;
}
