import { type Command, InvalidArgumentError } from 'commander';
import { type BenchRow, benchBackend } from '../bench/index.js';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { progressLine } from '../progress.js';
import { formatNumber } from '../writers/numbers.js';
import { formatTable } from '../writers/table.js';
import { whole } from './inputs.js';
import { addBackendOptions, type BackendOptions, checkBackendName, openBackend } from './openBackend.js';

interface BenchCommandOptions extends BackendOptions {
  readonly sizes: readonly number[];
  readonly dimensions: readonly number[];
  readonly rounds: number;
  readonly limit: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds `sinkhorn bench`. */
export function addBench(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  const command = program
    .command('bench')
    .description('How fast a backend is on this machine: passes over all pairs, and a Sinkhorn divergence.');
  addBackendOptions(command)
    .option('--sizes <list>', 'points of each cloud', wholes, [1000, 5000, 20_000])
    .option('--dimensions <list>', 'of the points', wholes, [3, 64])
    .option('--rounds <count>', 'timed runs, after one that compiles', whole(1), 5)
    .option('--limit <seconds>', 'leave out larger sizes once a run has taken longer', whole(1), 5)
    .option('--json', 'print one JSON document instead of a table')
    .option('--quiet', 'no progress on stderr')
    .action((options: BenchCommandOptions) => run(() => bench(options, io)));
}

/** A list of whole numbers, such as 1000,5000. */
function wholes(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new InvalidArgumentError(`"${part}" is no whole number above 0; give a list such as 1000,5000.`);
  });
}

async function bench(options: BenchCommandOptions, io: CommandIo): Promise<number> {
  checkBackendName(options.backend);
  const progress = progressLine(io.stderr, options.quiet);
  const backend = await openBackend(options);
  const rows: BenchRow[] = [];
  try {
    progress.show(`timing ${backend.name}`);
    const { sizes, dimensions, rounds, limit } = options;
    const found = benchBackend(backend, {
      sizes,
      dimensions,
      rounds,
      limitMilliseconds: 1000 * limit,
      signal: io.signal,
    });
    for await (const row of found) {
      rows.push(row);
      progress.show(`timing ${backend.name}: ${row.work}, ${row.n} points, D = ${row.dimension}`);
    }
  } finally {
    progress.clear();
    backend.dispose();
  }
  const { name, precision, description } = backend;
  if (options.json) {
    io.stdout.write(
      `${JSON.stringify({ backend: name, precision, description: description ?? null, rows }, null, 2)}\n`,
    );
  } else {
    const header = ['work', 'D', 'points a side', 'first, ms', 'ms', '1e9 pairs/s'];
    const table = formatTable([header, ...rows.map(cells)], { header: true });
    io.stdout.write(`${[name, precision, description].filter(Boolean).join(', ')}\n\n${table}\n`);
  }
  return exitStatus.done;
}

const cells = ({ work, dimension, n, firstMilliseconds, milliseconds, pairsPerSecond }: BenchRow): string[] => [
  work,
  String(dimension),
  String(n),
  formatNumber(firstMilliseconds, 3),
  formatNumber(milliseconds, 3),
  pairsPerSecond === undefined ? '-' : formatNumber(pairsPerSecond / 1e9, 3),
];
