import { program, type Reduction, reduced } from '@sinkhorn/core';
import { type Component, parametersOf, variablesOf } from './formulaCode.js';
import { header, type Kernel, kernelFrame, kernelOf } from './kernel.js';
import { stateSizes } from './partialResults.js';
import { SUMS } from './reducer.js';
import { hasSecond, logSumExpOf, minimumOf, resultsCode } from './results.js';
import { HIGHEST, LOWEST, WORKGROUP_SIZE } from './wgsl.js';

/** A kernel that merges the partial results of each row, in the order of the columns, and finishes them. */
export function mergeKernel(reduction: Reduction, mostBindings: number): Kernel {
  const { kind } = reduction;
  const { shared, values } = stateSizes(reduction);
  const finish = program([reduction.finish ?? reduced(Math.max(1, values))]);
  const second = hasSecond(kind);
  const frame = kernelFrame(
    variablesOf([finish]),
    parametersOf([finish]),
    [
      { binding: 'partials', writes: false },
      { binding: 'main', writes: true },
      ...(second ? [{ binding: 'second' as const, writes: true }] : []),
    ],
    mostBindings,
  );
  const size = shared + values;
  const eachSplit = (...lines: string[]) => [
    'for (var split = 0u; split < splits; split++) {',
    `  let at = first + split * ${size}u;`,
    ...lines.map((line) => `  ${line}`),
    '}',
  ];
  const softmax = kind === 'logSumExp' || kind === 'softmaxMean';
  const merging = softmax
    ? [
        `var largest = ${LOWEST};`,
        ...eachSplit('largest = max(largest, partials[at]);'),
        'var total = vec2<f32>();',
        ...eachSplit('total = added(total, partials[at + 1u] * exp2(max(partials[at] - largest, -200.0f)));'),
        `let logSumExp = ${logSumExpOf('largest', 'total.x')};`,
      ]
    : kind === 'min'
      ? [
          `var least = ${HIGHEST};`,
          'var index = -1.0f;',
          // Of equal ones the first column: splits may be interleaved.
          ...eachSplit(
            'let nearer = partials[at] < least || (partials[at] == least && partials[at + 1u] < index);',
            'if (partials[at + 1u] >= 0.0f && (nearer || index < 0.0f)) { least = partials[at]; index = partials[at + 1u]; }',
          ),
          `let minimum = ${minimumOf('least', 'index')};`,
        ]
      : [];
  const weight = softmax ? ' * exp2(max(partials[at] - largest, -200.0f))' : '';
  const valueFunction = [
    `fn valueOf(first: u32, splits: u32, largest: f32, component: u32) -> f32 {`,
    '  var sum = vec2<f32>();',
    ...eachSplit(`sum = added(sum, partials[at + ${shared}u + component]${weight});`).map((line) => `  ${line}`),
    '  return sum.x;',
    '}',
  ];
  const main = (component: Component): string => {
    const part = typeof component === 'number' ? `${component}u` : component;
    if (kind === 'sum') return `valueOf(first, splits, 0.0f, ${part})`;
    if (kind === 'softmaxMean') return `valueOf(first, splits, largest, ${part}) / max(total.x, 0.5f)`;
    return kind === 'min' ? 'minimum' : 'logSumExp';
  };
  const results = resultsCode(frame, finish, 'row', {
    main,
    second: second ? (kind === 'min' ? 'index' : 'logSumExp') : undefined,
  });
  const body = [
    `let row = ${header('rowStart')} + group.x * ${WORKGROUP_SIZE}u + thread;`,
    `if (row >= ${header('rowEnd')}) { return; }`,
    `let splits = ${header('splits')};`,
    `let first = (${header('partialStart')} + group.y * ${header('partialRows')} + row - ${header('rowStart')}) * splits * ${size}u;`,
    ...merging,
    ...results.lines,
  ];
  const functions = [SUMS, ...(values > 0 ? valueFunction : [])];
  return kernelOf(frame, [...functions, ...results.declarations], body, WORKGROUP_SIZE);
}
