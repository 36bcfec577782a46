/** The rooms of core's sources: each imports from the floors below it and from its own, and never from one above. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** From the ground up. */
const FLOORS = [
  ['errors'],
  ['formula', 'backend', 'tasks', 'linear', 'random'],
  ['measure', 'marginal', 'spatial'],
  ['geometry', 'kernelSum'],
  ['transport'],
  ['divergence', 'secondOrder'],
  ['index', 'extend'],
];

const sources = fileURLToPath(new URL('../src', import.meta.url));

/** The folder in src that a file is in, or the name of a file that is in none. */
const roomOf = (path: string): string =>
  relative(sources, path)
    .split(sep)[0]
    .replace(/\.(ts|js)$/, '');

const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));

/** The arrows of a file that run to a higher floor, as text. Types count: they too are knowledge of what is above. */
function arrowsUp(path: string, text: string): string[] {
  const imported = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
  return imported
    .filter((name) => name.startsWith('.'))
    .map((name) => join(path, '..', name))
    .filter((target) => floorOf(roomOf(target)) > floorOf(roomOf(path)))
    .map((target) => `${relative(sources, path)} -> ${relative(sources, target)}`);
}

const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

test('every file is in a room that has a floor', () => {
  expect(files.filter((path) => floorOf(roomOf(join(sources, path))) < 0)).toEqual([]);
});

test('no import runs to a higher floor', () => {
  expect(files.flatMap((path) => arrowsUp(join(sources, path), readFileSync(join(sources, path), 'utf8')))).toEqual([]);
});

test.each([
  "import type { SinkhornResult } from '../divergence/sinkhorn/solve.js';",
  "export * from '../divergence/sinkhorn/solve.js';",
  "const late = import('../divergence/sinkhorn/solve.js');",
])('%s in transport would', (text) => {
  const path = join(sources, 'transport', 'plan.ts');
  expect(arrowsUp(path, text)).toEqual([
    [join('transport', 'plan.ts'), join('divergence', 'sinkhorn', 'solve.js')].join(' -> '),
  ]);
});
