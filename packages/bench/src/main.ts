import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Argument, Command } from 'commander';
import { type Benchmark, benchmarks, type Plan } from './benchmarks/benchmarks.js';
import { fullPlan, quickPlan } from './benchmarks/plans.js';
import { inChildren } from './measuring/inChildren.js';
import { machine } from './report/machine.js';
import { markdown } from './report/markdown.js';
import { merge, type Result } from './report/results.js';

const results = new URL('../results/', import.meta.url);
const names = benchmarks.map(({ name }) => name);

await new Command('bench')
  .description('Runs benchmarks, and writes their tables to packages/bench/results as JSON and Markdown.')
  .addArgument(new Argument('[names...]', 'which benchmarks; those left out keep their tables').choices(names))
  .option('--quick', 'small sizes, in a minute or two; written to results/quick, which is not kept')
  .action(async (chosen: string[], { quick }: { quick?: boolean }) => {
    const selected = benchmarks.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
    await runAll(selected, quick ? quickPlan : fullPlan, quick ? new URL('quick/', results) : results);
  })
  .parseAsync();

async function runAll(selected: readonly Benchmark[], plan: Plan, folder: URL): Promise<void> {
  const json = new URL('results.json', folder);
  const page = new URL('RESULTS.md', folder);
  const { run, baseline } = await inChildren();
  await mkdir(folder, { recursive: true });
  for (const { name, title, tables: measure } of selected) {
    const began = performance.now();
    const tables = await measure(run, plan);
    const seconds = Math.round((performance.now() - began) / 1000);
    // Written after each, so that one that fails takes nothing with it.
    const all = merge(await read(json), [{ name, title, machine: machine(), baseline, seconds, tables }], names);
    await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
    await writeFile(page, markdown(all));
    console.log(`${name.padEnd(16)} ${seconds} s`);
  }
  console.log(`written to ${fileURLToPath(page)}`);
}

/** The results that are there, if any. */
async function read(json: URL): Promise<Result[]> {
  try {
    return JSON.parse(await readFile(json, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
