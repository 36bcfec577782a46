import type { Reduction } from '@sinkhorn/core';
import { threadCode, threadNumbers } from './entryCode.js';
import { type KernelSource, kernelSource } from './kernelSource.js';
import { HIGHEST, LOWEST } from './literal.js';
import { logSumExpOf, minimumOf } from './reducer.js';
import { reducedOf, stateOf } from './state.js';

/** Parts into which columns are cut at most. */
export const MOST_SPLITS = 256;

/** A kernel that merges what was gathered for a row from parts of the columns, in their order. */
export function mergeKernel(reduction: Reduction): KernelSource {
  const { kind } = reduction;
  const { size, valueTexels, texels, shared } = stateOf(reduction);
  const result = reducedOf(reduction);
  const at = (texel: string) => {
    const record = '((s * elements + element) * rowLines + line)';
    return `texel(array0, x, ${texels === 1 ? record : `${record} * ${texels} + ${texel}`})`;
  };
  const each = (...lines: string[]) => [
    `for (let s = 0; s < ${MOST_SPLITS}; s++) {`,
    '  if (s >= parts) { break; }',
    ...lines.map((line) => `  ${line}`),
    '}',
  ];
  const channel = shared?.channel ?? 0;
  const row = at(`${shared?.texel ?? 0}`);
  const body: string[] = [...threadCode(result.texels, false)];
  if (kind === 'min') {
    body.push(
      `let least = ${HIGHEST};`,
      'let index = -1;',
      ...each(`const p = ${row};`, `if (p[${channel}] < least) { least = p[${channel}]; index = p[${channel + 1}]; }`),
      `const minimum = ${minimumOf('least', 'index')};`,
      'return [minimum, index, 0, 0];',
    );
  } else {
    const weighted = kind !== 'sum';
    if (weighted) {
      body.push(
        `let largest = ${LOWEST};`,
        ...each(`const p = ${row};`, `largest = Math.max(largest, p[${channel}]);`),
        'let total = 0;',
        'let losttotal = 0;',
      );
    }
    const sums = Array.from({ length: Math.min(4, size) }, (_, k) => k);
    body.push(...sums.flatMap((k) => [`let sum${k} = 0;`, `let lostsum${k} = 0;`]));
    const own = valueTexels > 1 ? `Math.min(part, ${valueTexels - 1})` : '0';
    const inRow = shared?.texel === 0;
    body.push(
      ...each(
        ...(weighted ? [`const p = ${row};`, `const factor = power2(Math.max(p[${channel}] - largest, -200));`] : []),
        ...(size > 0 && !inRow ? [`const q = ${at(own)};`] : []),
        ...(weighted ? added('total', `p[${channel + 1}] * factor`) : []),
        ...sums.flatMap((k) => added(`sum${k}`, `${inRow ? 'p' : 'q'}[${k}]${weighted ? ' * factor' : ''}`)),
      ),
    );
    if (weighted) body.push(`const logSumExp = ${logSumExpOf('largest', 'total')};`);
    const main = sums.map((k) => (weighted ? `sum${k} / Math.max(total, 0.5)` : `sum${k}`));
    const four = (list: readonly string[]) => `return [${[0, 1, 2, 3].map((k) => list[k] ?? '0').join(', ')}];`;
    if (size === 0) body.push(four(['logSumExp']));
    else if (!weighted) body.push(four(main));
    else if (result.texels === 1) body.push(four([...main, 'logSumExp']));
    else body.push(`if (part === ${result.texels - 1}) { ${four(['logSumExp'])} }`, four(main));
  }
  return kernelSource(1, [...threadNumbers(false), 'parts', 'infinity'], body);
}

/** Adds to a sum, which goes with what it has lost so far. */
const added = (sum: string, term: string): readonly string[] => [
  `const term${sum} = ${term} - lost${sum};`,
  `const next${sum} = ${sum} + term${sum};`,
  `lost${sum} = (next${sum} - ${sum}) - term${sum};`,
  `${sum} = next${sum};`,
];
