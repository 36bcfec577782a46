/**
 * Writes docs/public/data: the Palmer penguins of two species, as CSV files.
 *
 * Run it after `pnpm run build`: node docs/demos/twoSampleTest/makePenguins.mjs
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import Papa from 'papaparse';

const folder = new URL('../../public/data/', import.meta.url);
const source = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'));
/** @type {Record<string, unknown>[]} */
const penguins = JSON.parse(await readFile(source, 'utf8'));
const fields = ['Island', 'Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'];

await mkdir(folder, { recursive: true });
for (const species of ['Adelie', 'Chinstrap']) {
  const rows = penguins.filter(({ Species }) => Species === species);
  const data = rows.map((row) => fields.map((field) => row[field]));
  await writeFile(
    new URL(`${species.toLowerCase()}.csv`, folder),
    `${Papa.unparse({ fields, data }, { newline: '\n' })}\n`,
  );
}
