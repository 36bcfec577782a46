import { type LossName, type TwoSampleResult, twoSampleTest } from '@sinkhorn/toolkit';
import { printable, printableJson, printableLines } from '@sinkhorn/toolkit/printable';
import { type Command, Option } from 'commander';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { InputError } from '../inputError.js';
import { progressLine } from '../progress.js';
import { scalesNote, standardized } from '../standardized.js';
import { addInputs, type InputOptions, inputJson, inputText, noteTo, number, readPair, whole } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';
import { showProgress } from './showProgress.js';

interface TestOptions extends InputOptions, BackendOptions {
  readonly loss: LossName;
  readonly blur?: number;
  readonly permutations?: number;
  readonly alpha: number;
  readonly seed: number;
  readonly standardize?: boolean;
  readonly failBelow?: number;
  readonly json?: boolean;
}

/** Adds `sinkhorn test`. */
export function addTest(program: Command, io: CommandIo, run: (command: () => Promise<number>) => Promise<void>): void {
  const command = program
    .command('test')
    .description(
      'Tests whether two clouds are samples of one distribution: p-value, size of the difference, points that differ most.',
    );
  addBackendOptions(addInputs(command))
    .addOption(
      new Option('--loss <name>', 'what is compared')
        .choices(['energy', 'gaussian', 'laplacian', 'sinkhorn'])
        .default('energy'),
    )
    .option(
      '--blur <length>',
      'the length scale of a loss that has one (default: by the median distance between points)',
      number,
    )
    .option('--permutations <count>', 'how many shuffles (default: 999, or more for a small --fail-below)', whole(1))
    .option('--alpha <level>', 'the level of the test', number, 0.05)
    .option('--seed <number>', 'seed of the shuffles', whole(0), 0)
    .option('--standardize', "compare in deviations from A's mean, column by column")
    .option('--fail-below <p>', 'end with exit status 3 where the p-value is below this', probability)
    .option('--json', 'print one JSON document instead of text')
    .action((a: string, b: string, options: TestOptions) => run(() => test([a, b], options, io)));
}

/** So many shuffles that a p-value can be half of what a gate fails below, but for the smallest gates. */
const shufflesFor = (failBelow = 1): number => Math.min(99_999, Math.max(999, Math.ceil(2 / failBelow) - 1));

/** Reads a number from 0 to 1. */
export function probability(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 1))
    throw new InputError(`--fail-below: ${text} is no probability; give a number from 0 to 1`);
  return value;
}

async function test(files: readonly [string, string], options: TestOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  const progress = progressLine(io.stderr, options.quiet);
  try {
    progress.show('reading');
    const read = await readPair(files, options, io, progress);
    const note = await scalesNote(read[0], io.signal);
    if (note && !options.standardize) noteTo(io, options.quiet, progress)(note);
    const [a, b] = options.standardize ? await standardized(...read, io.signal) : read;
    const backend = await openBackend(options);
    try {
      const { loss, blur, failBelow, alpha, seed } = options;
      const permutations = options.permutations ?? shufflesFor(failBelow);
      const found = await twoSampleTest(a, b, {
        backend,
        loss,
        ...(blur !== undefined && { blur }),
        permutations,
        alpha,
        seed,
        ...(options.standardize && { units: 'deviations of A' }),
        signal: io.signal,
        onProgress: showProgress(progress, 'test'),
      });
      progress.clear();
      const inputs = { a: inputJson(a), b: inputJson(b) };
      io.stdout.write(
        options.json
          ? `${printableJson({ ...dataOf(found), standardized: options.standardize ?? false, inputs })}\n`
          : `${inputText(a)}\n${inputText(b)}\n${printableLines(found.text)}\n${mostText(found)}`,
      );
      return gate([found], options.failBelow, io);
    } finally {
      backend.dispose();
    }
  } finally {
    progress.clear();
  }
}

/** Says so and gives status 3 where a p-value is below what was allowed; says so too where none could be. */
export function gate(
  results: readonly { readonly pValue: number; readonly smallestPValue: number; readonly name?: string }[],
  failBelow: number | undefined,
  io: CommandIo,
): number {
  if (failBelow === undefined) return exitStatus.done;
  const low = results.filter(({ pValue }) => pValue < failBelow);
  if (low.length > 0) {
    const told = low.map(
      ({ pValue, name }) => `p = ${Number(pValue.toPrecision(3))}${name === undefined ? '' : ` of ${printable(name)}`}`,
    );
    io.stderr.write(`sinkhorn: gate failed: ${told.join(', ')} ${low.length > 1 ? 'are' : 'is'} below ${failBelow}\n`);
    return exitStatus.failedGate;
  }
  const smallest = Math.max(...results.map(({ smallestPValue }) => smallestPValue));
  if (smallest >= failBelow) {
    const least = Number(smallest.toPrecision(3));
    io.stderr.write(
      `sinkhorn: note: this gate cannot fail: with these rows and shuffles p is ${least} at least; give more of them, or a larger --fail-below\n`,
    );
  }
  return exitStatus.done;
}

/** The result without what pictures alone need. */
function dataOf({ shuffles, witness, text, diagnostics, ...data }: TwoSampleResult) {
  return { ...data, permutations: shuffles.permuted.length, exact: shuffles.exact, accurate: diagnostics.accurate };
}

function mostText({ most, differs }: TwoSampleResult): string {
  if (!differs || most.length === 0) return '';
  const rows = (side: 'x' | 'y') => most.filter((point) => point.side === side).map(({ index }) => index + 1);
  const parts = [
    ['A', rows('x')],
    ['B', rows('y')],
  ] as const;
  const words = parts.filter(([, list]) => list.length > 0).map(([name, list]) => `rows ${list.join(', ')} of ${name}`);
  return `Points that differ most: ${words.join('; ')}.\n`;
}
