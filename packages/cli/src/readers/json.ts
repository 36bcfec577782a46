import { InputError } from '../inputError.js';
import { inTurns } from './inTurns.js';
import { readBytes } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Reads a JSON file into a point cloud.
 *
 * Three layouts: an array of arrays (columns named 1, 2, ...), an array of objects (columns named by the first object's
 * keys), or `{ "points": ..., "weights": [...] }` with points in either layout.
 *
 * @throws InputError naming row and column of the first value that is not a number.
 */
export async function readJson(file: string, choice: ColumnChoice, signal?: AbortSignal): Promise<PointCloud> {
  const document = parseDocument(file, (await readBytes(file, signal)).toString('utf8'));
  if (Array.isArray(document)) return readRows(file, document, choice, signal);
  if (isObject(document) && Array.isArray(document.points))
    return readPointsAndWeights(file, document.points, document.weights, choice, signal);
  throw new InputError(`${file}: expected an array of points, or an object with "points" and perhaps "weights"`);
}

function parseDocument(file: string, text: string): Json {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    throw new InputError(`${file}: it is not valid JSON (${(error as Error).message})`);
  }
}

async function readRows(
  file: string,
  rows: readonly Json[],
  choice: ColumnChoice,
  signal?: AbortSignal,
): Promise<PointCloud> {
  const first = rows[0];
  if (first === undefined) throw new InputError(`${file}: it holds no points`);
  if (Array.isArray(first)) return readArrays(file, rows, first.length, choice, signal);
  if (isObject(first)) return readObjects(file, rows, Object.keys(first), choice, signal);
  throw new InputError(`${file}: row 1 is ${describe(first)}; each point must be an array of numbers or an object`);
}

async function readArrays(
  file: string,
  rows: readonly Json[],
  width: number,
  choice: ColumnChoice,
  signal?: AbortSignal,
): Promise<PointCloud> {
  const sink = pointSink(
    file,
    Array.from({ length: width }, (_, i) => String(i + 1)),
    choice,
  );
  await inTurns(rows.length, signal, (i) => {
    const row = rows[i];
    if (!Array.isArray(row)) throw new InputError(`${file}: row ${i + 1} is ${describe(row)} and row 1 is an array`);
    if (row.length !== width) {
      throw new InputError(
        `${file}: row ${i + 1} has ${row.length} values and row 1 has ${width}; make all rows equally long`,
      );
    }
    sink.row(row);
  });
  return sink.finish();
}

async function readObjects(
  file: string,
  rows: readonly Json[],
  keys: readonly string[],
  choice: ColumnChoice,
  signal?: AbortSignal,
): Promise<PointCloud> {
  const sink = pointSink(file, keys, choice);
  await inTurns(rows.length, signal, (i) => {
    const row = rows[i];
    if (!isObject(row)) throw new InputError(`${file}: row ${i + 1} is ${describe(row)} and row 1 is an object`);
    sink.row(keys.map((key) => row[key]));
  });
  return sink.finish();
}

async function readPointsAndWeights(
  file: string,
  points: readonly Json[],
  weights: Json | undefined,
  choice: ColumnChoice,
  signal?: AbortSignal,
): Promise<PointCloud> {
  const cloud = await readRows(file, points, choice, signal);
  if (weights === undefined || weights === null) return cloud;
  if (choice.weights !== undefined) throw new InputError(`${file}: it has "weights" of its own; leave out --weights`);
  if (!Array.isArray(weights) || weights.length !== cloud.count) {
    const found = Array.isArray(weights) ? `${weights.length} weights` : describe(weights);
    throw new InputError(`${file}: "weights" holds ${found} for ${cloud.count} points; give one number for each point`);
  }
  const sink = pointSink(file, ['weights'], { weights: 'weights', columns: ['weights'] });
  for (const weight of weights) sink.row([weight]);
  return { ...cloud, weights: sink.finish().points };
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: Json): string {
  if (Array.isArray(value)) return 'an array';
  return isObject(value) ? 'an object' : JSON.stringify(value);
}
