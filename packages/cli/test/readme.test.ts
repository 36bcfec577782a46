/** The session that the README shows: each of its lines is printed, on the files that the demonstration writes. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { writeCsv } from '../src/writers/csv.js';
import { useFolder } from './helpers.js';
import { run } from './runCommand.js';

const MEASURES = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'];
/** What another processor may change in a number, relative. */
const DIGITS = 1e-4;
const folder = useFolder();

it('prints what the README shows', async () => {
  const file = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'));
  const all: Record<string, string | number | null>[] = JSON.parse(await readFile(file, 'utf8'));
  const measured = all.filter((penguin) => MEASURES.every((name) => Number.isFinite(penguin[name])));
  const of = ['Adelie', 'Chinstrap'].map((name) => measured.filter(({ Species }) => Species === name));
  const scales = MEASURES.map((name) => scaleOf(of.flat().map((penguin) => Number(penguin[name]))));
  const [x, y] = of.map((penguins) =>
    penguins.map((penguin) => MEASURES.map((name, d) => scales[d](Number(penguin[name])))),
  );
  const csv = (points: number[][]) => writeCsv(MEASURES, points.length, (row, column) => points[row][column]);
  await folder.write('adelie.csv', await csv(x));
  await folder.write('chinstrap.csv', await csv(y));

  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const session = readme.slice(readme.indexOf('## The command'));
  const [, command, shown] = /```sh\nnpx @sinkhorn\/cli ([\s\S]*?)```[\s\S]*?```\n([\s\S]*?)```/.exec(session) ?? [];
  const argv = command.split(/[\s\\]+/).filter(Boolean);
  const { status, stdout } = await run(...argv.map((word) => (/\.(csv|svg)$/.test(word) ? folder.at(word) : word)));
  expect(status).toBe(0);
  const printed = stdout.replaceAll(folder.at('/'), '').split('\n');
  const lines = shown.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) {
    const words = line.split(/\s+/);
    const own = printed.find((candidate) => candidate.startsWith(`${words[0]} `));
    expect(own?.split(/\s+/).map((word, k) => (isNear(word, words[k]) ? words[k] : word))).toEqual(words);
  }
});

const isNear = (word: string, other: string | undefined) =>
  Math.abs(Number(word) - Number(other)) <= DIGITS * Math.abs(Number(other));

/** Takes numbers to deviations from the mean of these. */
function scaleOf(numbers: readonly number[]): (value: number) => number {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const deviation = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length);
  return (value) => (value - mean) / deviation;
}
