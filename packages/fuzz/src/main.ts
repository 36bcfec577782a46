import { parseArgs } from 'node:util';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Case, examine, isFault } from './campaign.js';
import { problem, problemOf } from './problem.js';
import { statistics, table } from './report.js';
import { solve } from './result.js';
import { summary } from './summary.js';

/** Lines in the table of the worst. */
const MOST_LINES = 25;

const { values: options } = parseArgs({
  options: {
    problems: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
    method: { type: 'string', default: 'auto' },
    only: { type: 'string' },
  },
});

const count = whole('problems');
const seed = whole('seed');
const isWasm = oneOf('backend', ['cpu', 'wasm']) === 'wasm';
const asked = oneOf('precision', ['float32', 'float64']);
const method = oneOf('method', ['auto', 'alternating', 'newton']);
const backend = isWasm ? await wasm({ precision: asked }) : cpu();
// The cpu backend has no other.
const precision = isWasm ? asked : 'float64';

const problems = options.only
  ? [problemOf(options.only)]
  : Array.from({ length: count }, (_, index) => problem(seed, index));
const cases: Case[] = [];
for (const one of problems) {
  cases.push(await examine(one, (asked) => solve(backend, asked, method), precision));
  if (process.stderr.isTTY) process.stderr.write(`\r${cases.length} of ${problems.length}`);
}
if (process.stderr.isTTY) process.stderr.write('\n');
backend.dispose();

if (options.only) console.dir(cases[0], { depth: null, maxArrayLength: null });
console.log(statistics(cases));
if (!options.only) console.log(`\nresults that are called accurate, at worst:\n${summary(cases)}`);
const faults = cases.filter(isFault);
if (faults.length) console.log(`\nfaults:\n${table(faults, MOST_LINES)}`);
const messages = cases.filter(({ message }) => message !== undefined);
for (const { problem: thrown, message } of messages) console.log(`${thrown.id} threw: ${message}`);
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
