import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { processIo } from '../dist/commandIo.js';
import { main } from '../dist/main.js';
import { writeCsv } from '../dist/writers/csv.js';
import { formatNumber } from '../dist/writers/numbers.js';
import { standardise } from './clouds.mjs';

const measurements = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'];

/** Asks of the Palmer penguins whether two species differ, and whether one species differs between two islands. */
export async function penguins(output) {
  const all = JSON.parse(
    await readFile(new URL('../data/penguins.json', import.meta.resolve('vega-datasets')), 'utf8'),
  );
  const measured = all.filter((penguin) => measurements.every((name) => Number.isFinite(penguin[name])));
  console.log(
    `\n\nThe Palmer penguins\n\n${measured.length} of ${all.length} have all four measurements; each measurement is standardised over both groups.`,
  );

  await compareGroups(output, {
    question: 'From Adelie to Chinstrap, two species',
    groups: [
      { file: 'adelie.csv', penguins: measured.filter(({ Species }) => Species === 'Adelie') },
      { file: 'chinstrap.csv', penguins: measured.filter(({ Species }) => Species === 'Chinstrap') },
    ],
  });
  const isAdelieOn =
    (island) =>
    ({ Species, Island }) =>
      Species === 'Adelie' && Island === island;
  await compareGroups(output, {
    question: 'From Torgersen to Dream, two islands of one species, Adelie',
    groups: [
      { file: 'adelie-torgersen.csv', penguins: measured.filter(isAdelieOn('Torgersen')) },
      { file: 'adelie-dream.csv', penguins: measured.filter(isAdelieOn('Dream')) },
    ],
  });
}

/** Writes both groups as CSV and hands them to the command. */
async function compareGroups(output, { question, groups }) {
  const folder = path.relative('.', output);
  const rows = standardise(
    groups.flatMap(({ penguins }) => penguins.map((penguin) => measurements.map((name) => penguin[name]))),
  );
  let from = 0;
  for (const { file, penguins } of groups) {
    const own = rows.slice(from, from + penguins.length);
    from += penguins.length;
    const table = await writeCsv(measurements, own.length, (row, column) => own[row][column]);
    await writeFile(path.join(output, file), table);
  }
  const [a, b] = groups.map(({ file }) => path.join(folder, file));
  const name = path.join(folder, groups.map(({ file }) => path.parse(file).name).join('-'));
  const options = [
    '--loss',
    'energy',
    '--permutations',
    '999',
    '--json',
    '--plot',
    `${name}.svg`,
    '--permutation-plot',
    `${name}-test.svg`,
  ];
  const { value, pValue } = await compare([a, b, ...options]);

  const counts = groups.map(({ penguins }) => penguins.length).join(' and ');
  const answer =
    pValue <= 0.05
      ? 'Yes: shuffled groups are hardly ever so far apart, so these differ by more than chance.'
      : 'No: shuffled groups are often as far apart, so nothing here speaks for a difference.';
  console.log(`\n${question} (${counts} penguins): did it drift?`);
  console.log(`Energy distance ${formatNumber(value)}, p-value ${formatNumber(pValue)} by 999 permutations. ${answer}`);
  console.log(`The picture and the test: output/${path.basename(name)}.svg, output/${path.basename(name)}-test.svg`);
}

/** Runs `sinkhorn compare` and gives back its JSON document. */
async function compare(commandLine) {
  let printed = '';
  const io = { ...processIo(), stdout: { write: (text) => (printed += text) } };
  const status = await main(['compare', ...commandLine], io);
  if (status !== 0) throw new Error(`sinkhorn compare ended with status ${status}`);
  return JSON.parse(printed);
}
