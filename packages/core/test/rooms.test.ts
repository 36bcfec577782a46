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

/** What a file imports of core, types included. */
const importsOf = (path: string, text: string): string[] =>
  ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => join(path, '..', name));

/** The arrows of a file that run to a higher floor, as text. Types count: they too are knowledge of what is above. */
function arrowsUp(path: string, text: string): string[] {
  return importsOf(path, text)
    .filter((target) => floorOf(roomOf(target)) > floorOf(roomOf(path)))
    .map((target) => `${relative(sources, path)} -> ${relative(sources, target)}`);
}

/** The first circle of files that import each other, as a path from a file back to it; empty where there is none. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const target of imports.get(file) ?? []) {
      const circle = visit(target);
      if (circle.length > 0) return circle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of imports.keys()) {
    const circle = visit(file);
    if (circle.length > 0) return circle;
  }
  return [];
}

const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

test('every file is in a room that has a floor', () => {
  expect(files.filter((path) => floorOf(roomOf(join(sources, path))) < 0)).toEqual([]);
});

test('no import runs to a higher floor', () => {
  expect(files.flatMap((path) => arrowsUp(join(sources, path), readFileSync(join(sources, path), 'utf8')))).toEqual([]);
});

test('no files import each other in a circle', () => {
  const imports = files.map((name): [string, string[]] => {
    const path = join(sources, name);
    return [path, importsOf(path, readFileSync(path, 'utf8')).map((target) => target.replace(/\.js$/, '.ts'))];
  });
  expect(circleIn(new Map(imports)).map((path) => relative(sources, path))).toEqual([]);
});

test('a circle is found, by way of others too', () => {
  const imports = new Map([
    ['a', ['b', 'c']],
    ['b', []],
    ['c', ['d']],
    ['d', ['b', 'c']],
  ]);
  expect(circleIn(imports)).toEqual(['c', 'd', 'c']);
  expect(circleIn(new Map([...imports, ['d', ['b']]]))).toEqual([]);
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
