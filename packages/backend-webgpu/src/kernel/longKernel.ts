import { program, type Reduction } from '@sinkhorn/core';
import { cellOf, formulaCode, parametersOf, reachable, scope, variablesOf } from './formulaCode.js';
import { header, isLong, type Kernel, kernelFrame, kernelOf } from './kernel.js';
import { type LongTiling, longSums, longVariables, PART_SIZE } from './longPoints.js';
import { longStaging } from './longStaging.js';
import { SHARE_SIZE, storePartial } from './partialResults.js';
import { reducer, SUMS } from './reducer.js';
import { stagingCode, stagingProgram } from './stagingCode.js';
import { WORKGROUP_SIZE, widened } from './wgsl.js';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/**
 * A kernel for points of many components, that leaves partial results. A workgroup takes a block of rows by a tile of columns
 * as in a product of matrices: parts of their components go through workgroup memory, and each thread adds up the sums over
 * components of a few rows by a few columns in registers. The scores that come of them are reduced in one go.
 */
export function longKernel(reduction: Reduction, tiling: LongTiling, blocks: boolean, mostBindings: number): Kernel {
  const { kind, score, value } = reduction;
  const { cells, chunks, threadsOfRow, threadsOfColumn } = tiling;
  const valueSize = value?.size ?? 0;
  const pair = program(tiling.expressions);
  const short = {
    ...tiling,
    staged: tiling.staged.filter(({ variable }) => !isLong(variable.size)),
    columns: 4 * chunks,
  };
  const staging = stagingProgram(tiling.staged);
  const programs = [pair, staging];
  const isStaged = (name: string) => tiling.staged.some(({ variable }) => variable.name === name);
  const frame = kernelFrame(
    [...variablesOf([pair]).filter(({ side, name }) => side === 'row' || !isStaged(name)), ...variablesOf([staging])],
    parametersOf(programs),
    [...(blocks ? [{ binding: 'table' as const, writes: false }] : []), { binding: 'partials', writes: true }],
    mostBindings,
  );
  const stage = stagingCode(short, frame);
  const parts = longStaging(tiling, frame);
  const code = formulaCode(
    pair,
    'v',
    {
      variable(node, component, cell) {
        const row = cell % cells.rows;
        const vector = Math.floor(cell / cells.rows);
        const staged = isLong(node.size)
          ? parts.load(node, component, row, vector)
          : stage.load(node, component, `chunk${vector}`);
        return staged ?? frame.at(node, `row${row}`, component);
      },
      parameter: frame.parameter,
    },
    cells,
    true,
  );
  const rows = range(cells.rows);
  const vectors = range(cells.vectors);
  const reduce = reducer(kind, isLong(valueSize) ? SHARE_SIZE : valueSize, {
    columns: vectors.map((vector) => `tileStart + chunk${vector} * 4u`),
    whole: true,
  });
  const fixed = code.emit((_, { varies }) => !varies.byColumn);

  /** Sums over a long vector, a part of its components at a time. */
  const pass = (indices: readonly number[]): readonly string[] => {
    const [size] = indices.map((index) => pair.instructions[pair.instructions[index].operands[0]].node.size);
    const lines = parts.stage(
      longVariables(
        pair,
        indices.map((index) => pair.instructions[index].operands[0]),
      ),
    );
    parts.name('part', 'place');
    const { totals, body } = code.sums(indices, 'part');
    return [
      ...totals,
      `for (var partStart = 0u; partStart < ${size}u; partStart += ${PART_SIZE}u) {`,
      ...indented(lines),
      '  workgroupBarrier();',
      `  let places = min(${PART_SIZE}u, ${size}u - partStart);`,
      '  if (live) {',
      '    for (var place = 0u; place < places; place++) {',
      '      let part = partStart + place;',
      ...indented(indented(indented(body))),
      '    }',
      '  }',
      '  workgroupBarrier();',
      '}',
    ];
  };

  const sums = new Set(longSums(pair));
  /** Whether threads have waited for the columns' scalars since the tile began. */
  let waited = stage.lines.length === 0;
  const plain = (selected: ReadonlySet<number>): readonly string[] => {
    const lines = code.emit((index) => selected.has(index) && !sums.has(index));
    if (waited || lines.length === 0) return lines;
    waited = true;
    return ['workgroupBarrier();', ...lines];
  };
  /** All that an output needs: sums that do not need one another in the same pass, and the rest as late as can be. */
  const emit = (output: number): readonly string[] => {
    const needed = reachable(pair, output);
    const lines: string[] = [];
    const operandOf = (index: number) => pair.instructions[index].operands[0];
    const sizeOf = (index: number) => pair.instructions[operandOf(index)].node.size;
    let waiting = [...sums].filter((index) => needed.has(index));
    while (waiting.length > 0) {
      const size = sizeOf(waiting[0]);
      const needsNone = (index: number) => {
        const below = reachable(pair, operandOf(index));
        return !waiting.some((other) => below.has(other));
      };
      const next = waiting.filter((index) => sizeOf(index) === size && needsNone(index));
      lines.push(...next.flatMap((index) => plain(reachable(pair, operandOf(index)))), ...pass(next));
      waited = true;
      for (const index of next) sums.delete(index);
      waiting = waiting.filter((index) => !next.includes(index));
    }
    return [...lines, ...plain(needed)];
  };
  const textOf = (index: number, cell: number, component: number | string, into: ReturnType<typeof scope>) =>
    widened(code.value(index, cell, component, into), code.lanesOf(index), 4);

  const tile: string[] = [];
  if (score) {
    const [index] = pair.outputs;
    tile.push(...emit(index));
    const into = scope();
    const scores = rows.map((row) => vectors.map((vector) => textOf(index, cellOf(cells, row, vector), 0, into)));
    tile.push(...into.lines, ...reduce.score(scores));
  }
  if (value) {
    const index = pair.outputs[score ? 1 : 0];
    tile.push(...emit(index));
    const long = isLong(valueSize);
    const names = range(long ? SHARE_SIZE : valueSize).map((k) => (long ? `part${k}` : k));
    if (long) {
      names.forEach((name, k) => {
        parts.name(String(name), `${k}u`);
      });
      tile.push(
        `let partStart = share * ${SHARE_SIZE}u;`,
        ...parts.stage(longVariables(pair, [index])),
        'workgroupBarrier();',
        ...names.map((name, k) => `let ${name} = min(partStart + ${k}u, ${valueSize - 1}u);`),
      );
    }
    names.forEach((name, k) => {
      const into = scope();
      const lines = rows.flatMap((row) => {
        const texts = vectors.map((vector) => textOf(index, cellOf(cells, row, vector), name, into));
        return reduce.value(row, k, texts);
      });
      tile.push(...into.lines, ...lines);
    });
  }

  const tiles = [
    `for (var tileStart = start; tileStart < end; tileStart += ${4 * chunks}u) {`,
    `  let count = min(${4 * chunks}u, end - tileStart);`,
    ...vectors.flatMap((vector) => {
      const inside = `vec4<u32>(chunk${vector} * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count)`;
      return indented(reduce.mask(vector, inside));
    }),
    ...indented(stage.lines),
    ...indented(tile),
    '  workgroupBarrier();',
    '}',
  ];
  const ending = rows.flatMap((row) => [
    `if (firstRow + threadRow * ${cells.rows}u + ${row}u < rowEnd) {`,
    ...indented(storePartial(reduction, reduce, row, `split * ${threadsOfRow}u + threadColumn`)),
    '}',
  ]);
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
          `let firstRow = ${header('rowStart')} + group.x * ${WORKGROUP_SIZE}u;`,
          `let rowEnd = ${header('rowEnd')};`,
          `let splitHere = group.z % ${header('splitsHere')};`,
          `let split = ${header('splitStart')} + splitHere;`,
          `let share = ${header('shareStart')} + group.z / ${header('splitsHere')};`,
        ]),
    `let threadRow = thread % ${threadsOfColumn}u;`,
    `let threadColumn = thread / ${threadsOfColumn}u;`,
    ...vectors.map((vector) => `let chunk${vector} = ${vector * threadsOfRow}u + threadColumn;`),
    ...rows.map((row) => `let row${row} = min(firstRow + threadRow * ${cells.rows}u + ${row}u, rowEnd - 1u);`),
    `let live = firstRow + threadRow * ${cells.rows}u < rowEnd;`,
    ...fixed,
    ...rows.flatMap((row) => reduce.begin(row)),
    ...(blocks
      ? [
          'for (var range = table[task + 2u]; range < table[task + 3u]; range++) {',
          `  let start = table[${header('ranges')} + range * 2u];`,
          `  let end = table[${header('ranges')} + range * 2u + 1u];`,
          ...indented(tiles),
          '}',
        ]
      : [
          `let start = ${header('columnStart')} + splitHere * ${header('columnsPerSplit')};`,
          `let end = min(start + ${header('columnsPerSplit')}, ${header('columns')});`,
          ...tiles,
        ]),
    ...ending,
  ];
  const declarations = [SUMS, ...code.declarations, ...stage.declarations, ...parts.declarations];
  return kernelOf(frame, declarations, body, WORKGROUP_SIZE);
}
