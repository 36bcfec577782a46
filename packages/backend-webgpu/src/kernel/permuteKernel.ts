import { column } from '@sinkhorn/core';
import { header, type Kernel, kernelFrame, kernelOf } from './kernel.js';
import { WORKGROUP_SIZE } from './wgsl.js';

/** A kernel that copies rows of any size: those of the table that are at hand. */
export function permuteKernel(mostBindings: number): Kernel {
  // Told apart by its single numbers, as the size is known when it runs.
  const from = column('from');
  const others = [
    { binding: 'table', writes: false },
    { binding: 'main', writes: true },
  ] as const;
  const frame = kernelFrame([from], [], others, mostBindings);
  const body = [
    `let row = ${header('rowStart')} + group.x * ${WORKGROUP_SIZE}u + thread;`,
    `if (row >= ${header('rowEnd')}) { return; }`,
    `let column = table[row - ${header('taskStart')}];`,
    `if (column < ${header('columnStart')} || column >= ${header('columns')}) { return; }`,
    `let size = ${header('columnsPerSplit')};`,
    `let place = (element * ${header('rows')} + row - ${header('mainStart')}) * size;`,
    `for (var k = 0u; k < size; k++) { main[place + k] = ${frame.at(from, 'column * size + k', 0)}; }`,
  ];
  return kernelOf(frame, [], body, WORKGROUP_SIZE);
}
