import {
  type Expression,
  program,
  type Reduction,
  type ResolvedReduction,
  reduced,
  reducedLogSumExp,
  rewrite,
  type Variable,
} from '@sinkhorn/core';
import { blockTable } from './blockTable.js';
import { columnPlan } from './columnPlan.js';
import type { Content, Device, RunKernel } from './device/device.js';
import { type Store, type StoreShape, shapeOf, type Textures } from './device/textures.js';
import { linesOf, parameterName } from './kernel/entryCode.js';
import { variablesOf } from './kernel/formulaCode.js';
import type { KernelSource } from './kernel/kernelSource.js';
import { type FormulaKernel, mapKernel } from './kernel/mapKernel.js';
import { MOST_SPLITS, mergeKernel } from './kernel/mergeKernel.js';
import { MOST_TILES, mayFinish, pairKernel, texturesBeside } from './kernel/pairKernel.js';
import { type Place, type Places, packing } from './kernel/places.js';
import { hasSecond, reducedOf, stateOf } from './kernel/state.js';
import { layoutOf, TILE_COLUMNS } from './layout.js';

/** An array on the device: some components of the entries of a texture. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly store: Store;
  readonly offset: number;
}

/** A kernel that was compiled, and the parameters of formulas that it takes. */
interface ReadyKernel {
  readonly run: RunKernel;
  readonly parameters: readonly string[];
}

/** What reductions run with. */
export interface Engine {
  readonly device: Device;
  readonly textures: Textures;
  /** The kernel of a key, compiled; it is generated when it is asked for first. */
  kernel(key: string, generate: () => KernelSource & Partial<FormulaKernel>): ReadyKernel;
}

/** A softmax's own share of the operations of a pair. */
const OPERATIONS_BESIDE_FORMULA = 10;
/** Threads that fill a large GPU: with fewer rows than that, columns are split among several. */
const THREADS_WANTED = 16_384;
/** Tiles of columns that a thread visits at least. Lowering it splits more, where putting parts together outweighs them. Chosen, not measured. */
const FEWEST_TILES_OF_SPLIT = 4;
/** With fewer rows, nothing is computed for columns beforehand. */
const FEWEST_ROWS_FOR_PACKING = 8;

/** Runs a reduction; what it gives is in textures that are held once for each array. */
export function dispatch(engine: Engine, reduction: Reduction, resolved: ResolvedReduction): readonly StoredArray[] {
  const temporary: Store[] = [];
  const keep = (store: Store): Store => {
    temporary.push(store);
    return store;
  };
  const { batch, batched, rows } = resolved;
  if (rows === 0 || batch === 0) {
    const nothing = engine.textures.upload(
      new Float32Array(0),
      { entries: rows, elements: batch, batched, texels: 1 },
      resolved.resultSize,
    );
    const results = resultsIn(engine, reduction, resolved, nothing, 0, 0);
    engine.textures.release(nothing);
    return results;
  }
  try {
    if (reduction.kind === 'sum' && resolved.columns === 1 && !reduction.blocks) {
      return resultsIn(engine, reduction, resolved, mapRows(engine, reduction, resolved, keep), 0, undefined);
    }
    return reducePairs(engine, reduction, resolved, keep);
  } finally {
    for (const store of temporary) engine.textures.release(store);
  }
}

type Keep = (store: Store) => Store;

/** Arrays of variables, with the textures they are in. */
interface Bound extends Places {
  readonly stores: readonly Store[];
}

/** Binds variables to arrays; more textures than a device reads are packed into one first. */
function bind(
  engine: Engine,
  variables: readonly Variable[],
  arrayOf: (variable: Variable) => StoredArray,
  mostTextures: number,
  keep: Keep,
): Bound {
  const arrays = new Map<string, { readonly variable: Variable; readonly array: StoredArray }>();
  for (const variable of variables) arrays.set(nameOf(variable), { variable, array: arrayOf(variable) });
  const stores = [...new Set([...arrays.values()].map(({ array }) => array.store))];
  if (stores.length > mostTextures) {
    for (const side of ['row', 'column'] as const) {
      const own = [...arrays.values()].filter(({ variable }) => variable.side === side);
      const groups = Math.ceil(own.length / Math.max(2, mostTextures));
      for (let group = 0; group < groups; group++) {
        const members = own.slice(group * mostTextures, (group + 1) * mostTextures);
        const store = keep(packEntries(engine, members, mostTextures, keep));
        const { offsets } = packing(members.map(({ variable }) => variable.size));
        members.forEach(({ variable, array }, index) => {
          arrays.set(nameOf(variable), { variable, array: { shape: array.shape, store, offset: offsets[index] } });
        });
      }
    }
    stores.splice(0, stores.length, ...new Set([...arrays.values()].map(({ array }) => array.store)));
  }
  const places = new Map<string, Place>();
  for (const [name, { array }] of arrays) {
    places.set(name, { texture: stores.indexOf(array.store), texels: array.store.texels, offset: array.offset });
  }
  return {
    stores,
    textures: stores.length,
    of(variable) {
      const place = places.get(nameOf(variable));
      if (!place) throw new Error(`nothing is bound to ${nameOf(variable)}`);
      return place;
    },
    key: [...places].map(([name, { texture, texels, offset }]) => `${name}:${texture}:${texels}:${offset}`).join(','),
  };
}

const nameOf = ({ side, name }: Pick<Variable, 'side' | 'name'>): string => `${side}.${name}`;

/** Copies arrays of one side into one texture. */
function packEntries(
  engine: Engine,
  members: readonly { readonly variable: Variable; readonly array: StoredArray }[],
  mostTextures: number,
  keep: Keep,
): Store {
  const expressions = members.map(({ variable }) => variable);
  const arrays = new Map(members.map(({ variable, array }) => [nameOf(variable), array]));
  const bound = bind(engine, expressions, (variable) => found(arrays.get(nameOf(variable))), mostTextures, keep);
  const batched = members.some(({ array }) => array.store.batched);
  const [{ store }] = members.map(({ array }) => array).filter(({ store: { batched: own } }) => own === batched);
  return runMap(engine, expressions, bound, { ...store, batched }, {});
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('an array is missing');
  return value;
}

/** Runs a kernel for expressions of each entry. */
function runMap(
  { device, textures, kernel }: Engine,
  expressions: readonly Expression[],
  bound: Bound,
  shape: Omit<StoreShape, 'texels'>,
  parameters: Readonly<Record<string, number>>,
  single?: 'column',
): Store {
  const { texels } = packing(expressions.map(({ size }) => size));
  const whole = { entries: shape.entries, elements: shape.elements, batched: shape.batched, texels };
  const { width, height, lines } = textures.sizeOf(whole);
  const key = `map|${single ?? ''}|${program(expressions).key}|${bound.key}`;
  const ready = kernel(key, () => mapKernel(expressions, bound, single));
  device.check();
  return textures.adopt(
    ready.run(
      bound.stores.map(({ content }) => content),
      { rowLines: lines, elements: shape.elements, ...numbersOf(bound, ready.parameters, parameters) },
      width,
      height,
    ),
    whole,
  );
}

/** The numbers that go with textures and parameters. */
function numbersOf(
  { stores }: Bound,
  names: readonly string[],
  parameters: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries([
    ...stores.map(({ batched, lines }, index) => [linesOf(index), batched ? lines : 0]),
    ...names.map((name) => [parameterName(names, name), parameters[name]]),
  ]);
}

const arrayIn = (reduction: Reduction) => (variable: Variable) =>
  (variable.side === 'row' ? reduction.rows : reduction.columns)[variable.name] as StoredArray;

/** A sum over one column: the value, finished, for every row. */
function mapRows(engine: Engine, reduction: Reduction, { batch, batched, rows }: ResolvedReduction, keep: Keep): Store {
  const { finish, parameters } = reduction;
  const value = found(reduction.value);
  const expression = finish
    ? rewrite(finish, (node) => (node.type === 'variable' && node.side === 'reduced' ? value : undefined))
    : value;
  const bound = bind(
    engine,
    variablesOf([program([expression])]),
    arrayIn(reduction),
    engine.device.mostTextures,
    keep,
  );
  return keep(runMap(engine, [expression], bound, { entries: rows, elements: batch, batched }, parameters, 'column'));
}

/** The arrays of a texture of results. */
function resultsIn(
  { textures }: Engine,
  reduction: Reduction,
  { batch, batched, rows, resultSize }: ResolvedReduction,
  store: Store,
  offset: number,
  second: number | undefined,
): readonly StoredArray[] {
  const shape = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
  const arrays: StoredArray[] = [{ shape: shape(resultSize), store, offset }];
  if (hasSecond(reduction) && second !== undefined) arrays.push({ shape: shape(1), store, offset: second });
  for (const array of arrays) textures.hold(array.store);
  return arrays;
}

function reducePairs(
  engine: Engine,
  reduction: Reduction,
  resolved: ResolvedReduction,
  keep: Keep,
): readonly StoredArray[] {
  const { device, textures } = engine;
  const { batch, batched, rows, columns, key } = resolved;
  const { parameters, blocks } = reduction;
  const plan = columnPlan(reduction, rows * batch >= FEWEST_ROWS_FOR_PACKING && !(rows === 0 || columns === 0));
  const most = device.mostTextures - texturesBeside({ continues: true, blocks: blocks !== undefined, finishes: false });
  const packed = plan.packed.length > 0 ? keep(packColumns(engine, reduction, resolved, plan.packed, keep)) : undefined;
  const offsets = packing(plan.packed.map(({ variable }) => variable.size)).offsets;
  const arrayOf = (variable: Variable): StoredArray => {
    const index = plan.packed.findIndex(
      ({ variable: each }) => variable.side === 'column' && each.name === variable.name,
    );
    return packed && index >= 0 ? { shape: [], store: packed, offset: offsets[index] } : arrayIn(reduction)(variable);
  };

  const state = stateOf(reduction);
  const table = blocks && blockTable(blocks, rows);
  const allTiles = Math.ceil(columns / TILE_COLUMNS);
  const single: StoreShape = { entries: rows, elements: batch, batched, texels: state.texels };
  const { width, height, lines } = textures.sizeOf(single);
  const splitsWanted = blocks
    ? 1
    : Math.min(MOST_SPLITS, Math.ceil(THREADS_WANTED / (width * height)), Math.floor(allTiles / FEWEST_TILES_OF_SPLIT));
  const splitsFitting = Math.floor(device.maxTextureSize / (lines * batch * state.texels));
  const tilesOfSplit = Math.max(1, Math.ceil(allTiles / Math.max(1, Math.min(splitsWanted, splitsFitting))));
  const splits = Math.max(1, Math.ceil(allTiles / tilesOfSplit));
  const tilesOfThread = table ? table.mostTiles : Math.min(tilesOfSplit, allTiles);
  const perPair = resolved.pair.instructions.reduce((sum, { node }) => sum + node.size, OPERATIONS_BESIDE_FORMULA);
  const perTile = width * height * splits * TILE_COLUMNS * perPair;
  const tilesOfRun = Math.max(1, Math.min(MOST_TILES, Math.floor(device.operationsOfRun / perTile)));
  const runs = Math.max(1, Math.ceil(tilesOfThread / tilesOfRun));
  const finishes = splits === 1 && runs === 1 && mayFinish(reduction);

  const pair = program(plan.expressions);
  const ends = finishes && reduction.finish ? [program([reduction.finish])] : [];
  const bound = bind(engine, variablesOf([pair, ...ends]), arrayOf, most, keep);
  const tables = table ? tableStores(engine, table, rows, keep) : [];
  const columnWidth = layoutOf(columns, device.widestLine).width;
  const shape: StoreShape = finishes ? { ...single, texels: 1 } : single;
  const size = textures.sizeOf(shape, splits);
  let gathered: Content | undefined;
  try {
    for (let run = 0; run < runs; run++) {
      const form = { continues: run > 0, blocks: table !== undefined, finishes };
      const ready = engine.kernel(
        `pair|${form.continues}|${form.blocks}|${finishes}|${packed !== undefined}|${key}|${bound.key}`,
        () => pairKernel(reduction, plan.expressions, bound, form),
      );
      const before = gathered;
      device.check();
      device.queue(perTile * Math.min(tilesOfRun, tilesOfThread - run * tilesOfRun));
      gathered = ready.run(
        [
          ...bound.stores.map(({ content }) => content),
          ...(before ? [before] : []),
          ...tables.map(({ content }) => content),
        ],
        {
          ...numbersOf(bound, ready.parameters, parameters),
          rowLines: lines,
          elements: batch,
          splits,
          tilesOfSplit,
          allTiles,
          columns,
          tileStart: run * tilesOfRun,
          tileCount: tilesOfRun,
          columnWidth,
          tableWidth: tables[1]?.width ?? 1,
          infinity: Number.POSITIVE_INFINITY,
        },
        size.width,
        size.height,
      );
      if (before) device.free(before);
    }
  } catch (error) {
    if (gathered) device.free(gathered);
    throw error;
  }
  const store = keep(textures.adopt(found(gathered), { ...shape, elements: batch * splits }));
  if (finishes) {
    return resultsIn(engine, reduction, resolved, store, 0, resolved.resultSize);
  }
  const merged = keep(mergeSplits(engine, reduction, resolved, store, splits));
  const { second } = reducedOf(reduction);
  if (!reduction.finish) return resultsIn(engine, reduction, resolved, merged, 0, second);
  return finishRows(engine, reduction, resolved, merged, second, keep);
}

/** Computes what depends on columns alone, side by side in one texture. */
function packColumns(
  engine: Engine,
  reduction: Reduction,
  { columns, batch }: ResolvedReduction,
  packed: readonly { readonly expression: Expression }[],
  keep: Keep,
): Store {
  const expressions = packed.map(({ expression }) => expression);
  const variables = variablesOf([program(expressions)]);
  const bound = bind(engine, variables, arrayIn(reduction), engine.device.mostTextures, keep);
  const batched = bound.stores.some((store) => store.batched);
  return runMap(
    engine,
    expressions,
    bound,
    { entries: columns, elements: batched ? batch : 1, batched },
    reduction.parameters,
  );
}

function tableStores(
  { textures }: Engine,
  { rows: lists, tiles }: ReturnType<typeof blockTable>,
  rows: number,
  keep: Keep,
): readonly Store[] {
  return [
    keep(textures.upload(lists, shapeOf([rows, 2]), 2)),
    keep(textures.upload(tiles, shapeOf([tiles.length / 2, 2]), 2)),
  ];
}

/** Merges what was gathered from parts of the columns. */
function mergeSplits(
  { device, textures, kernel }: Engine,
  reduction: Reduction,
  { batch, batched, rows }: ResolvedReduction,
  store: Store,
  splits: number,
): Store {
  const shape = { entries: rows, elements: batch, batched, texels: reducedOf(reduction).texels };
  const { width, height, lines } = textures.sizeOf(shape);
  const ready = kernel(`merge|${reduction.kind}|${reduction.value?.size ?? 0}`, () => mergeKernel(reduction));
  device.check();
  const numbers = { rowLines: lines, elements: batch, parts: splits, infinity: Number.POSITIVE_INFINITY };
  return textures.adopt(ready.run([store.content], numbers, width, height), shape);
}

/** Finishes merged results. */
function finishRows(
  engine: Engine,
  reduction: Reduction,
  resolved: ResolvedReduction,
  merged: Store,
  second: number | undefined,
  keep: Keep,
): readonly StoredArray[] {
  const { batch, batched, rows, resultSize } = resolved;
  const finish = found(reduction.finish);
  const expressions = [finish, ...(second === undefined ? [] : [reducedLogSumExp()])];
  const variables = [
    ...variablesOf([program(expressions)]),
    reduced(reduction.value?.size ?? 1),
    ...(second === undefined ? [] : [reducedLogSumExp()]),
  ];
  const arrayOf = (variable: Variable): StoredArray =>
    variable.side === 'reduced'
      ? { shape: [], store: merged, offset: variable.name === 'logSumExp' ? (second ?? 0) : 0 }
      : arrayIn(reduction)(variable);
  const bound = bind(engine, variables, arrayOf, engine.device.mostTextures, keep);
  const shape = { entries: rows, elements: batch, batched };
  const store = keep(runMap(engine, expressions, bound, shape, reduction.parameters));
  const [main, other] = packing(expressions.map(({ size }) => size)).offsets;
  return resultsIn(engine, reduction, { ...resolved, resultSize }, store, main, other);
}
