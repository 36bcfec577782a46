import { type Expression, program, type Reduction, reduced } from '@sinkhorn/core';
import { TILE_COLUMNS, texelsOf } from '../layout.js';
import { lineNumbers, parameterName, partOf, threadCode, threadNumbers } from './entryCode.js';
import { type Component, formulaCode, parametersOf, reachable, scope } from './formulaCode.js';
import { kernelSource } from './kernelSource.js';
import type { FormulaKernel } from './mapKernel.js';
import { type Places, packing } from './places.js';
import { COPIES, type Reducer, reducer } from './reducer.js';
import { hasSecond, type State, stateOf } from './state.js';
import { type Stored, storeCode } from './storeCode.js';

/** How a kernel over pairs is to be. */
export interface PairShape {
  /** Whether it goes on from what an earlier run has gathered; that is in the texture after those of variables. */
  readonly continues: boolean;
  /** Whether it goes through tables of blocks; these are in the last two textures. */
  readonly blocks: boolean;
  /** Whether it finishes its results, instead of handing on what it has gathered. */
  readonly finishes: boolean;
}

/** Tiles of columns that a thread goes through in one run at most: loops of shaders have bounds that are known beforehand. */
export const MOST_TILES = 1024;

/** Textures of a kernel over pairs, beside those of variables. */
export const texturesBeside = ({ continues, blocks }: PairShape): number => (continues ? 1 : 0) + (blocks ? 2 : 0);

/** A kernel that reduces over the columns of its rows: tile by tile, four columns at once, in their order. */
export function pairKernel(
  reduction: Reduction,
  expressions: readonly Expression[],
  places: Places,
  shape: PairShape,
): FormulaKernel {
  const { kind, score, value } = reduction;
  const pair = program(expressions);
  const finish = program([reduction.finish ?? reduced(value?.size ?? 1)]);
  const parameters = parametersOf(shape.finishes ? [pair, finish] : [pair]);
  const parameter = (name: string) => parameterName(parameters, name);
  const state = stateOf(reduction);
  const wide = state.valueTexels > 1;
  const reduce = reducer(kind, wide ? 4 : state.size);
  const code = formulaCode(
    pair,
    'v',
    {
      variable: (node, component, copy) =>
        node.side === 'row'
          ? partOf(places, node, component, 'x', 'line')
          : partOf(places, node, component, `x${copy}`, 'columnLine'),
      parameter,
    },
    COPIES,
  );

  const fixed = code.emit((_, { varies }) => !varies.byColumn);
  const group: string[] = [];
  if (score) {
    const [index] = pair.outputs;
    const needed = reachable(pair, index);
    group.push(...code.emit((at) => needed.has(at)));
    const into = scope();
    const scores = columns.map((copy) => code.value(index, copy, 0, into));
    group.push(...into.lines, ...reduce.score(scores));
  }
  if (value) {
    const index = pair.outputs[score ? 1 : 0];
    group.push(...code.emit(() => true));
    const into = scope();
    const component = (k: number): Component => (wide ? { texel: 'share', channel: k } : k);
    const values = reduce.sums.map((_, k) => columns.map((copy) => code.value(index, copy, component(k), into)));
    group.push(...into.lines, ...reduce.values(values));
  }

  const gathered = places.textures;
  const tables = gathered + (shape.continues ? 1 : 0);
  const packed = packing([reduction.finish?.size ?? value?.size ?? 1, ...(hasSecond(reduction) ? [1] : [])]);
  const texels = shape.finishes ? packed.texels : state.texels;
  const body = [
    ...threadCode(texels, true),
    ...(wide
      ? [`const share = ${state.texels > state.valueTexels ? `Math.min(part, ${state.valueTexels - 1})` : 'part'};`]
      : []),
    ...fixed,
    ...(shape.continues ? previousCode(state, gathered) : []),
    ...reduce.begin(shape.continues ? previousOf(state) : undefined),
    ...(shape.blocks
      ? [
          `const list = texel(array${tables}, x, line);`,
          'const firstTile = list[0] + tileStart;',
          'const tiles = Math.min(tileCount, list[1] - firstTile);',
        ]
      : [
          'const firstTile = split * tilesOfSplit + tileStart;',
          'const tiles = Math.min(tileCount, Math.min(tilesOfSplit - tileStart, allTiles - firstTile));',
        ]),
    `for (let t = 0; t < ${MOST_TILES}; t++) {`,
    '  if (t >= tiles) { break; }',
    ...(shape.blocks
      ? [
          '  const tileLine = quotient(firstTile + t, tableWidth);',
          `  const span = texel(array${tables + 1}, firstTile + t - tileLine * tableWidth, tileLine);`,
          '  const start = span[0];',
          '  const end = span[1];',
          `  const first = quotient(start, ${TILE_COLUMNS}) * ${TILE_COLUMNS};`,
        ]
      : [`  const first = (firstTile + t) * ${TILE_COLUMNS};`, '  const start = 0;', '  const end = columns;']),
    '  const columnLine = quotient(first, columnWidth);',
    '  const tileX = first - columnLine * columnWidth;',
    ...reduce.beginTile.map((line) => `  ${line}`),
    `  for (let g = 0; g < ${TILE_COLUMNS / COPIES}; g++) {`,
    `    const at = first + g * ${COPIES};`,
    '    if (at >= end) { break; }',
    `    if (at + ${COPIES} > start) {`,
    // Beyond the last column it is seen again: whatever the texture has there may be no number.
    ...columns.map((copy) => `      let x${copy} = tileX + (at - first + ${copy});`),
    `      if (at + ${COPIES} > end) { ${columns.map((copy) => `x${copy} = Math.min(x${copy}, tileX + (end - 1 - first));`).join(' ')} }`,
    ...group.map((line) => `      ${line}`),
    '    }',
    '  }',
    ...reduce.endTile.map((line) => `  ${line}`),
    '}',
    ...(shape.finishes ? finishCode(reduction, reduce, finish, places, parameter) : stateCode(state, reduce)),
  ];
  const numbers = [
    ...threadNumbers(true),
    ...lineNumbers(places.textures),
    ...(shape.blocks ? ['tableWidth'] : ['tilesOfSplit', 'allTiles', 'columns']),
    'tileStart',
    'tileCount',
    'columnWidth',
    ...(shape.finishes ? ['infinity'] : []),
    ...parameters.map(parameter),
  ];
  return { ...kernelSource(places.textures + texturesBeside(shape), numbers, body), parameters };
}

const columns = Array.from({ length: COPIES }, (_, copy) => copy);

/** Reads what was gathered for the row. */
function previousCode({ valueTexels, texels, shared }: State, texture: number): readonly string[] {
  const at = (texel: string) => `texel(array${texture}, x, ${texels === 1 ? 'y' : `record * ${texels} + ${texel}`})`;
  return [
    `const before = ${at(valueTexels > 1 ? 'share' : '0')};`,
    ...(shared && shared.texel > 0 ? [`const beforeRow = ${at(`${shared.texel}`)};`] : []),
  ];
}

const previousOf = ({ shared }: State) => ({
  shared: (index: number) => `${shared?.texel ? 'beforeRow' : 'before'}[${(shared?.channel ?? 0) + index}]`,
  sum: (component: number) => `before[${component}]`,
});

/** Returns the texel `part` of what was gathered. */
function stateCode({ texels, shared }: State, { sums, shared: numbers }: Reducer): readonly string[] {
  const four = (list: readonly string[]) => `return [${[0, 1, 2, 3].map((k) => list[k] ?? '0').join(', ')}];`;
  if (shared?.texel === 0) return [four([...sums, ...numbers])];
  return [...(shared ? [`if (part === ${texels - 1}) { ${four(numbers)} }`] : []), four(sums)];
}

/** Finishes the results of a row and returns them. */
function finishCode(
  reduction: Reduction,
  reduce: Reducer,
  finish: ReturnType<typeof program>,
  places: Places,
  parameter: (name: string) => string,
): readonly string[] {
  const code = formulaCode(
    finish,
    'f',
    {
      variable: (node, component) => {
        if (node.side !== 'reduced') return partOf(places, node, component, 'x', 'line');
        if (node.name === 'logSumExp') return reduce.second ?? '';
        if (typeof component !== 'number') throw new Error('long results are finished by a kernel of their own');
        return reduce.main(component);
      },
      parameter,
    },
    1,
  );
  const [index] = finish.outputs;
  const { size } = finish.instructions[index].node;
  const vectors: Stored[] = [{ size, component: (component, into) => code.value(index, 0, component, into) }];
  const { second } = reduce;
  if (hasSecond(reduction) && second) vectors.push({ size: 1, component: () => second });
  return [
    ...reduce.end,
    ...code.emit(() => true),
    ...storeCode(vectors, packing(vectors.map((vector) => vector.size))),
  ];
}

/** Whether a kernel over pairs may finish its results itself: they have to fit in one texel, as all else is computed anew for each. */
export function mayFinish(reduction: Reduction): boolean {
  const { value, finish } = reduction;
  const size = finish?.size ?? value?.size ?? 1;
  return texelsOf(value?.size ?? 1) === 1 && size + (hasSecond(reduction) ? 1 : 0) <= 4;
}
