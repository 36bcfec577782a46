import { program, type Reduction, reduced } from '@sinkhorn/core';
import { type Component, formulaCode, parametersOf, reachable, scope, variablesOf } from './formulaCode.js';
import { header, isLong, type Kernel, kernelFrame, kernelOf } from './kernel.js';
import { SHARE_SIZE, storePartial } from './partialResults.js';
import { reducer, SUMS } from './reducer.js';
import { hasSecond, resultsCode } from './results.js';
import { entriesOf, gathered, stagingCode, stagingProgram } from './stagingCode.js';
import { tilingOf } from './tiling.js';
import { WORKGROUP_SIZE, widened } from './wgsl.js';

/** How a kernel over pairs is to be. */
export interface PairShape {
  /** Rows of a thread: what is loaded of columns serves all of them. */
  readonly rowsPerThread: number;
  /** Whether columns go through workgroup memory, where they fit. */
  readonly staging: boolean;
  /** Whether it goes through a table of blocks. */
  readonly blocks: boolean;
  /** Whether it leaves partial results to be merged. */
  readonly partial: boolean;
}

/**
 * A kernel that reduces over the columns of its rows: tile by tile through workgroup memory, four columns at once.
 * The order in which the columns of a row are added up depends on their number alone.
 */
export function pairKernel(reduction: Reduction, shape: PairShape, mostBindings: number): Kernel {
  const { rowsPerThread, blocks, partial } = shape;
  const { score, value, kind } = reduction;
  const valueSize = value?.size ?? 0;
  const tiling = tilingOf(reduction, shape.staging);
  const pair = program(tiling.expressions);
  const staging = stagingProgram(tiling.staged);
  const finish = program([reduction.finish ?? reduced(Math.max(1, valueSize))]);
  const isStaged = (name: string) => tiling.staged.some(({ variable }) => variable.name === name);
  const stored = partial
    ? ['partials' as const]
    : hasSecond(kind)
      ? ['main' as const, 'second' as const]
      : ['main' as const];
  const ends = partial ? [] : [finish];
  const frame = kernelFrame(
    [
      ...variablesOf([pair]).filter(({ side, name }) => side === 'row' || !isStaged(name)),
      ...variablesOf([staging, ...ends]),
    ],
    parametersOf([pair, staging, ...ends]),
    [
      ...(blocks ? [{ binding: 'table' as const, writes: false }] : []),
      ...stored.map((binding) => ({ binding, writes: true })),
    ],
    mostBindings,
  );
  const stage = stagingCode(tiling, frame);
  const code = formulaCode(
    pair,
    'v',
    {
      variable: (node, component, row) =>
        node.side === 'row'
          ? frame.at(node, `row${row}`, component)
          : (stage.load(node, component) ?? gathered(frame, node, component)),
      parameter: frame.parameter,
    },
    { rows: rowsPerThread, vectors: 1 },
    true,
  );
  const rows = Array.from({ length: rowsPerThread }, (_, row) => row);
  const parts = isLong(valueSize) ? SHARE_SIZE : valueSize;
  const reduce = reducer(kind, parts, { columns: ['tileStart + chunk * 4u'], whole: false });

  const fixed = code.emit((_, { varies }) => !varies.byColumn);
  const chunk = [...(tiling.staged.length > 0 ? [] : [entriesOf('chunk')])];
  if (score) {
    const [index] = pair.outputs;
    const needed = reachable(pair, index);
    chunk.push(...code.emit((at) => needed.has(at)));
    const into = scope();
    const scores = rows.map((row) => [widened(code.value(index, row, 0, into), code.lanesOf(index), 4)]);
    into.lines.push(...reduce.score(scores));
    chunk.push(...into.lines);
  }
  if (value) {
    const index = pair.outputs[score ? 1 : 0];
    const component = (k: number): Component =>
      isLong(valueSize) ? `min(share * ${SHARE_SIZE}u + ${k}u, ${valueSize - 1}u)` : k;
    chunk.push(...code.emit(() => true));
    const into = scope();
    for (const row of rows) {
      for (let k = 0; k < parts; k++) {
        const text = widened(code.value(index, row, component(k), into), code.lanesOf(index), 4);
        into.lines.push(...reduce.value(row, k, [text]));
      }
    }
    chunk.push(...into.lines);
  }

  const tile = [
    'for (var tileStart = start; tileStart < end; tileStart += TILE) {',
    '  let count = min(TILE, end - tileStart);',
    ...(stage.lines.length > 0
      ? ['  workgroupBarrier();', ...stage.lines.map((line) => `  ${line}`), '  workgroupBarrier();']
      : []),
    '  if (live) {',
    ...rows.flatMap((row) => reduce.beginTile(row)).map((line) => `    ${line}`),
    '    for (var chunk = 0u; chunk * 4u < count; chunk++) {',
    '      let left = count - chunk * 4u;',
    ...reduce.mask(0, 'vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(left)').map((line) => `      ${line}`),
    ...chunk.map((line) => `      ${line}`),
    '    }',
    ...rows.flatMap((row) => reduce.endTile(row)).map((line) => `    ${line}`),
    '  }',
    '}',
  ];
  const declarations = new Set([SUMS, `const TILE = ${tiling.columns}u;`, ...code.declarations, ...stage.declarations]);
  const ending = rows.flatMap((row) => {
    const name = `row${row}`;
    const lines = partial ? storePartial(reduction, reduce, row, 'split') : [...reduce.end(row)];
    if (!partial) {
      const results = resultsCode(frame, finish, name, {
        main: (component) => reduce.main(component, row),
        second: hasSecond(kind) ? reduce.second(row) : undefined,
      });
      lines.push(...results.lines);
      for (const declaration of results.declarations) declarations.add(declaration);
    }
    return [`if (firstRow + ${row * WORKGROUP_SIZE}u + thread < rowEnd) {`, ...lines.map((line) => `  ${line}`), '}'];
  });
  const body = [
    ...(blocks
      ? [
          `let task = (${header('taskStart')} + group.x) * 4u;`,
          'let firstRow = table[task];',
          'let rowEnd = table[task + 1u];',
          `let split = ${header('splitStart')};`,
          `let share = ${header('shareStart')} + group.z;`,
        ]
      : [
          `let firstRow = ${header('rowStart')} + group.x * ${WORKGROUP_SIZE * rowsPerThread}u;`,
          `let rowEnd = ${header('rowEnd')};`,
          `let splitHere = group.z % ${header('splitsHere')};`,
          `let split = ${header('splitStart')} + splitHere;`,
          `let share = ${header('shareStart')} + group.z / ${header('splitsHere')};`,
        ]),
    ...rows.map((row) => `let row${row} = min(firstRow + ${row * WORKGROUP_SIZE}u + thread, rowEnd - 1u);`),
    'let live = firstRow + thread < rowEnd;',
    ...fixed,
    ...rows.flatMap((row) => reduce.begin(row)),
    ...(blocks
      ? [
          'for (var range = table[task + 2u]; range < table[task + 3u]; range++) {',
          `  let start = table[${header('ranges')} + range * 2u];`,
          `  let end = table[${header('ranges')} + range * 2u + 1u];`,
          ...tile.map((line) => `  ${line}`),
          '}',
        ]
      : [
          `let start = ${header('columnStart')} + splitHere * ${header('columnsPerSplit')};`,
          `let end = min(start + ${header('columnsPerSplit')}, ${header('columns')});`,
          ...tile,
        ]),
    ...ending,
  ];
  return kernelOf(frame, [...declarations], body, WORKGROUP_SIZE);
}
