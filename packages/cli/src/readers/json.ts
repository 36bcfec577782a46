import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { isGeoJson, readGeoJson } from './geoJson.js';
import { numberedNames } from './headerRule.js';
import { inTurns } from './inTurns.js';
import { parseJson } from './jsonParser.js';
import { type JsonRows, jsonRows } from './jsonRows.js';
import { describeValue, get, isArray, isObject, type JsonObject, type JsonValue } from './jsonValue.js';
import { listNames } from './listNames.js';
import type { PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';
import type { Source } from './source.js';

/**
 * Reads a JSON file into a point cloud.
 *
 * Arrays of arrays have columns 1, 2, ...; arrays of objects have the keys of the first one. An object may be one of the
 * library's measures (`{ points, weights, dimension }` with points as rows or flat, `{ data, shape, weights }`), an
 * object of columns (`{ "x": [...], "y": [...] }`), any layout in which pandas writes a frame, or points of GeoJSON.
 *
 * @throws InputError naming row and column of the first value that is not a number.
 */
export async function readJson(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  let rows: JsonRows | undefined;
  let whole: JsonValue = null;
  await parseJson(source, {
    onElement(value) {
      rows ??= jsonRows(source.name, choice);
      rows.row(value);
      return true;
    },
    onDocument(value) {
      whole = value;
    },
  });
  return rows ? rows.finish() : readDocument(source, whole, choice);
}

async function readDocument(source: Source, whole: JsonValue, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  if (isArray(whole)) throw new InputError(`${file}: it holds no points; give one or more`);
  if (!isObject(whole))
    throw new InputError(`${file}: it holds ${describeValue(whole)} and no points; expected an array of points`);
  if (isGeoJson(whole)) return readGeoJson(source, whole, choice);
  const has = (...keys: readonly string[]): boolean => keys.every((key) => whole.keys.includes(key));
  if (has('grid', 'shape'))
    throw new InputError(
      `${file}: it is a measure on a grid; save its masses as .npy, an array of the same shape, and say --spacing`,
    );
  if (has('points')) return readMeasure(source, whole, choice);
  if (has('data', 'shape')) return readMeasure(source, whole, choice);
  if (has('columns', 'data')) return readSplit(source, whole, choice);
  if (has('schema', 'data')) return readTable(source, whole, choice);
  const isScalar = (value: JsonValue): boolean => !isArray(value) && !isObject(value);
  if (whole.values.length > 0 && whole.values.every((value) => isObject(value) && value.values.every(isScalar)))
    return readLabelled(source, whole, choice);
  if (whole.values.some(isArray)) return readColumns(source, whole, choice);
  throw new InputError(
    `${file}: expected an array of points, an object of columns, or one with "points" (${whole.keys.length === 0 ? 'it has no keys' : `its keys are ${listNames(whole.keys)}`})`,
  );
}

/** What is told of keys that mean nothing here. */
function unreadNote(file: string, { keys }: JsonObject, known: readonly string[]): string[] {
  const isKnown = new Set(known);
  const left = keys.filter((key) => !isKnown.has(key));
  return left.length === 0 ? [] : [`${file}: not read: ${listNames(left)}`];
}

/** One of the library's measures. */
async function readMeasure(source: Source, measure: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const name = measure.keys.includes('points') ? 'points' : 'data';
  const points = listOf(get(measure, name));
  if (!points) throw new InputError(`${file}: "${name}" is ${describeValue(get(measure, name))}; expected an array`);
  const notes = unreadNote(file, measure, ['points', 'data', 'weights', 'dimension', 'shape']);
  const isFlat = points.length > 0 && !points.some((value) => isArray(value) || isObject(value));
  const cloud = isFlat
    ? await readFlat(source, points, dimensionOf(file, measure, name, points.length), choice, notes)
    : await readRows(source, points, choice, notes);
  const dimension = get(measure, 'dimension');
  if (!isFlat && dimension !== undefined && isArray(points[0]) && points[0].length !== dimension)
    throw new InputError(
      `${file}: "dimension" is ${describeValue(dimension)} and row 1 has ${points[0].length} values`,
    );
  const shape = get(measure, 'shape');
  if (!isFlat && shape !== undefined && isArray(points[0])) checkShape(file, shape, [points.length, points[0].length]);
  return withWeights(file, cloud, get(measure, 'weights'), choice);
}

/** Refuses a shape that says something else than the rows beside it. */
function checkShape(file: string, shape: JsonValue, found: readonly [points: number, coordinates: number]): void {
  if (isArray(shape) && shape.length === 2 && found.every((length, i) => shape[i] === length)) return;
  throw new InputError(`${file}: "shape" is ${describeShape(shape)} and the rows make [${found.join(', ')}]`);
}

const describeShape = (shape: JsonValue): string =>
  isArray(shape) ? `[${shape.map(describeValue).join(', ')}]` : describeValue(shape);

/** An array, or what JSON makes of a typed array: an object whose keys are 0, 1, 2, ... */
function listOf(value: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (isArray(value)) return value;
  return isObject(value) && value.keys.every((key, i) => key === String(i)) ? value.values : undefined;
}

function dimensionOf(file: string, measure: JsonObject, name: string, length: number): number {
  const shape = get(measure, 'shape');
  if (shape !== undefined) {
    const isShape =
      isArray(shape) && shape.length === 2 && shape.every((axis) => Number.isSafeInteger(axis) && Number(axis) > 0);
    if (!isShape || Number(shape[0]) * Number(shape[1]) !== length) {
      const found = describeShape(shape);
      throw new InputError(
        `${file}: "shape" is ${found} and "${name}" holds ${length} numbers; expected [points, coordinates]`,
      );
    }
    return Number(shape[1]);
  }
  const dimension = get(measure, 'dimension');
  if (dimension === undefined) {
    throw new InputError(`${file}: "${name}" is a flat list of numbers; say with "dimension" how many make a point`);
  }
  if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 1 || length % dimension !== 0) {
    throw new InputError(
      `${file}: "dimension" is ${describeValue(dimension)} and "${name}" holds ${length} numbers; it must divide them`,
    );
  }
  return dimension;
}

async function readFlat(
  source: Source,
  numbers: readonly JsonValue[],
  dimension: number,
  choice: ColumnChoice,
  notes: readonly string[],
): Promise<PointCloud> {
  const sink = pointSink(source.name, numberedNames(dimension), choice);
  await inTurns(numbers.length / dimension, source.signal, (i) =>
    sink.row(numbers.slice(i * dimension, (i + 1) * dimension)),
  );
  return sink.finish(notes);
}

async function readRows(
  source: Source,
  values: readonly JsonValue[],
  choice: ColumnChoice,
  notes: readonly string[],
  notByDefault: readonly string[] = [],
): Promise<PointCloud> {
  const rows = jsonRows(source.name, choice, notByDefault);
  await inTurns(values.length, source.signal, (i) => rows.row(values[i]));
  return rows.finish(notes);
}

function withWeights(
  file: string,
  cloud: PointCloud,
  weights: JsonValue | undefined,
  choice: ColumnChoice,
): PointCloud {
  if (weights === undefined || weights === null) return cloud;
  if (choice.weights !== undefined) throw new InputError(`${file}: it has "weights" of its own; leave out --weights`);
  const list = listOf(weights);
  if (list?.length !== cloud.count) {
    const found = list ? `${list.length} weights` : describeValue(weights);
    const dropped = choice.missing === 'drop' ? ' that are left' : '';
    throw new InputError(
      `${file}: "weights" holds ${found} for ${cloud.count} points${dropped}; give one number for each point`,
    );
  }
  const sink = pointSink(file, ['weights'], { weights: 'weights', columns: ['weights'] });
  for (const weight of list) sink.row([weight]);
  return { ...cloud, weights: sink.finish().points };
}

/** pandas' orient="split": names, and rows of numbers. */
async function readSplit(source: Source, frame: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const names = get(frame, 'columns');
  const data = get(frame, 'data');
  if (!isArray(names) || !isArray(data))
    throw new InputError(
      `${file}: "columns" and "data" must both be arrays, as pandas writes them with orient="split"`,
    );
  const columns = names.map((name) => (isArray(name) ? name.map(String).join('.') : String(name)));
  const sink = pointSink(file, columns, choice);
  await inTurns(data.length, source.signal, (i) => {
    const row = data[i];
    if (!isArray(row) || row.length !== columns.length) {
      const found = isArray(row) ? `has ${row.length} values` : `is ${describeValue(row)}`;
      throw new InputError(`${file}: row ${i + 1} ${found} and "columns" names ${columns.length}`);
    }
    sink.row(row);
  });
  return sink.finish(unreadNote(file, frame, ['columns', 'index', 'data', 'index_names', 'column_names']));
}

/** pandas' orient="table": objects in which the index stands beside the columns. */
async function readTable(source: Source, table: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const data = get(table, 'data');
  const schema = get(table, 'schema');
  if (!isArray(data)) throw new InputError(`${file}: "data" is ${describeValue(data)}; expected an array of rows`);
  const primary = isObject(schema) ? get(schema, 'primaryKey') : undefined;
  const first = data[0];
  const index = (isArray(primary) ? primary.map(String) : ['index']).filter(
    (name) => isObject(first) && first.keys.includes(name),
  );
  const isLeftOut = index.length > 0 && !choice.columns;
  const notes = isLeftOut
    ? [`${file}: its index (${index.join(', ')}) is no coordinate unless --columns names it`]
    : [];
  return readRows(source, data, choice, notes, index);
}

/** pandas' layouts with labels: columns of labelled values (the default), or labelled rows (orient="index"). */
async function readLabelled(source: Source, frame: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const inner = frame.values.filter(isObject);
  const isCount = (key: string): boolean => /^-?\d+$/.test(key);
  const outerCounts = frame.keys.every(isCount);
  const innerCounts = inner.every(({ keys }) => keys.every(isCount));
  if (outerCounts === innerCounts) {
    throw new InputError(
      `${file}: it cannot be told which of its keys are columns (${listNames(frame.keys)} or ${listNames(inner[0].keys)}); write it with orient="split" or "records"`,
    );
  }
  if (outerCounts) return readRows(source, inner, choice, []);
  const sink = pointSink(file, frame.keys, choice);
  const labels = inner[0].keys;
  const maps = inner.map((column) => (column.keys === labels ? undefined : indexOf(file, frame, column, labels)));
  const cells = new Array<JsonValue>(inner.length);
  await inTurns(labels.length, source.signal, (i) => {
    for (const [c, { values }] of inner.entries()) cells[c] = values[maps[c]?.get(labels[i]) ?? i];
    sink.row(cells);
  });
  return sink.finish();
}

/** Where each label stands in a column; all columns must have the same labels. */
function indexOf(file: string, frame: JsonObject, column: JsonObject, labels: readonly string[]): Map<string, number> {
  const places = new Map(column.keys.map((key, k) => [key, k]));
  const lacking = labels.find((label) => !places.has(label));
  if (lacking !== undefined || column.keys.length !== labels.length) {
    const name = frame.keys[frame.values.indexOf(column)];
    throw new InputError(`${file}: the columns "${frame.keys[0]}" and "${name}" differ in their rows`);
  }
  return places;
}

/** An object of columns. */
async function readColumns(source: Source, table: JsonObject, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const names: string[] = [];
  const columns: (readonly JsonValue[])[] = [];
  for (const [k, value] of table.values.entries()) {
    if (!isArray(value)) continue;
    names.push(table.keys[k]);
    columns.push(value);
  }
  const nested = columns.findIndex((column) => isArray(column[0]) || isObject(column[0]));
  if (nested >= 0)
    throw new InputError(`${file}: "${names[nested]}" holds rows; if they are the points, name it "points"`);
  const odd = columns.findIndex(({ length }) => length !== columns[0].length);
  if (odd >= 0) {
    throw new InputError(
      `${file}: the columns "${names[0]}" and "${names[odd]}" hold ${columns[0].length} and ${columns[odd].length} values`,
    );
  }
  const sink = pointSink(file, names, choice);
  await inTurns(columns[0].length, source.signal, (i) => sink.row(columns.map((column) => column[i])));
  return sink.finish(unreadNote(file, table, names));
}
