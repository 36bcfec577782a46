import type { PermutationResult } from '@sinkhorn/toolkit';
import { printable } from '@sinkhorn/toolkit/printable';
import { formatDuration, formatNumber } from '../writers/numbers.js';
import { formatTable } from '../writers/table.js';
import type { Comparison } from './comparison.js';
import { inputJson, inputText } from './inputs.js';

/** The document that --json prints. */
export function toJson({
  a,
  b,
  chosen,
  value,
  gradient,
  diagnostics,
  test,
  standardError,
  distance,
  standardized,
}: Comparison): unknown {
  return {
    loss: chosen.name,
    options: chosen.parameters,
    value,
    ...(standardError !== undefined && { standardError }),
    ...(distance && { distance: distance.between, distanceOfHalves: distance.halves ?? null }),
    ...(standardized && { standardized }),
    gradientNorm: norm(gradient.points),
    ...(test ? { pValue: test.pValue, permutations: test.permuted.length, exact: test.exact } : {}),
    backend: chosen.backend,
    diagnostics,
    inputs: { a: inputJson(a), b: inputJson(b) },
  };
}

/** The table for people; it ends with the files that were written. */
export function toTable(found: Comparison, outputs: readonly string[]): string {
  const { a, b, chosen, diagnostics, test } = found;
  const rows = [
    ['loss', chosen.summary ? `${chosen.title}, ${chosen.summary}` : chosen.title],
    ['A', inputText(a)],
    ['B', inputText(b)],
    ['value', formatNumber(found.value, 7)],
    ...(found.standardError === undefined
      ? []
      : [['standard error', `${formatNumber(found.standardError)} (of the value, as a mean over directions)`]]),
    ...distanceRows(found),
    ...(diagnostics.blur === undefined ? [] : [['blur', formatNumber(diagnostics.blur)]]),
    ['gradient norm', formatNumber(norm(found.gradient.points))],
    ['iterations', String(diagnostics.iterations)],
    ['marginal error', formatNumber(diagnostics.marginalError)],
    ...(diagnostics.strategy === 'multiscale'
      ? [
          [
            'computed',
            `on cells: ${diagnostics.strategyReason}; estimated error ${formatNumber(diagnostics.estimatedError)}`,
          ],
        ]
      : []),
    ['backend', chosen.backend],
    ['time', formatDuration(diagnostics.milliseconds)],
  ];
  if (test) rows.push(['p-value', `${formatNumber(test.pValue)}: ${verdict(test.pValue)} (${shufflesOf(test)})`]);
  for (const file of outputs) rows.push(['wrote', printable(file)]);
  return formatTable(rows);
}

function distanceRows({ distance, chosen, standardized }: Comparison): string[][] {
  if (!distance) return [];
  const unit = standardized ? 'deviations of A' : 'units of the coordinates';
  const { p = 2, root } = chosen.parameters;
  const formula = p === 1 || root ? 'the value' : p === 2 ? 'sqrt(2 value)' : `(p value)^(1 / p)`;
  const between = ['distance', `${formatNumber(distance.between)} (${formula}, in ${unit})`];
  if (distance.halves === undefined) return [between];
  return [between, ['by chance', `${formatNumber(distance.halves)} (the distance between two halves of A)`]];
}

/** Which divisions of the points a p-value comes from. */
export const shufflesOf = ({ exact, permuted }: PermutationResult): string =>
  exact ? `all ${permuted.length} divisions that differ` : `${permuted.length} permutations`;

/** What a p-value says, at the usual level of 5 %. */
function verdict(pValue: number): string {
  return pValue <= 0.05 ? 'they differ more than chance explains' : 'no more different than chance explains';
}

function norm(values: ArrayLike<number>): number {
  let square = 0;
  for (let k = 0; k < values.length; k++) square += values[k] ** 2;
  return Math.sqrt(square);
}
