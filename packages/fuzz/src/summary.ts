import type { Case } from './campaign.js';
import type { Comparison, Part } from './judge.js';

const BANDS: readonly [below: number, name: string][] = [
  [1e-2, 'below 0.01'],
  [1, '0.01 to 1'],
  [100, '1 to 100'],
  [Number.POSITIVE_INFINITY, 'above 100'],
];

/** Half of the last digit of float64: no result is known to be nearer to the truth. */
const ROUNDING = 2 ** -53;
/** An error that is more than what rounding makes of most problems. */
const BEYOND_ROUNDING = 1e-12;

/**
 * What results that are called accurate are off by at worst, as a table in Markdown: with how often that is said, the largest share of what was
 * stated that an error comes to, and how many times more than the error is stated by the median. An error counts as at least what oracle and float64
 * resolve; the second median is of those errors alone that are more. By blur over diameter, or where there is more than one family by family.
 */
export function summary(cases: readonly Case[]): string {
  const families = [...new Set(cases.map(({ trial }) => trial.family))];
  const groups: [name: string, cases: readonly Case[]][] =
    families.length > 1
      ? families.map((family) => [family, cases.filter(({ trial }) => trial.family === family)])
      : BANDS.map(([below, name], band) => [
          name,
          cases.filter(({ trial: { relativeBlur = 0 } }) => {
            return relativeBlur >= (band > 0 ? BANDS[band - 1][0] : 0) && relativeBlur < below;
          }),
        ]);
  if (groups.length > 1) groups.push(['all', cases]);
  const heads = [
    families.length > 1 ? 'family' : 'blur / diameter',
    'problems',
    'accurate',
    'value off by, at most',
    'points or plan off by, at most',
    'error / stated, at most',
    'stated / error of values, median',
    'of points or plans',
    `of values off by more than ${BEYOND_ROUNDING}`,
    'of points or plans',
  ];
  const rows = groups.map(([name, these]) => {
    const accurate = these.filter(({ result }) => result?.accurate);
    const all = (parts: readonly Part[]): Comparison[] =>
      accurate.flatMap(({ verdict }) => parts.flatMap((part) => verdict?.parts[part] ?? []));
    const shares = all(['value', 'points', 'plan']).map(({ error, stated }) => (error === 0 ? 0 : error / stated));
    const errors = (parts: readonly Part[]) => all(parts).map(({ error }) => error);
    const rooms = (parts: readonly Part[], beyond = false) => typical(all(parts).flatMap((one) => roomOf(one, beyond)));
    return [
      name,
      String(these.length),
      `${((100 * accurate.length) / Math.max(1, these.length)).toFixed(1)} %`,
      Math.max(0, ...errors(['value'])).toExponential(1),
      Math.max(0, ...errors(['points', 'plan'])).toExponential(1),
      Math.max(0, ...shares).toPrecision(2),
      rooms(['value']),
      rooms(['points', 'plan']),
      rooms(['value'], true),
      rooms(['points', 'plan'], true),
    ];
  });
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, k) => cell.padEnd(widths[k])).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** How many times more than the error results that are called accurate state for some of their parts, by the median. */
export const statedOverError = (cases: readonly Case[], parts: readonly Part[]): number =>
  median(
    cases
      .filter(({ result }) => result?.accurate)
      .flatMap(({ verdict }) => parts.flatMap((part) => verdict?.parts[part] ?? []))
      .flatMap((one) => roomOf(one, false)),
  );

/** How many times more than the error is stated; nothing where an error beyond rounding is asked for, and there is none. */
function roomOf({ difference, unsure, stated }: Comparison, beyond: boolean): number[] {
  if (beyond && difference <= Math.max(BEYOND_ROUNDING, unsure)) return [];
  const least = Math.max(difference, unsure, ROUNDING);
  return Number.isFinite(least) ? [Math.max(stated, ROUNDING) / least] : [];
}

/** The median, and of how many. */
const typical = (values: readonly number[]): string =>
  values.length === 0 ? '-' : `${median(values).toPrecision(2)} of ${values.length}`;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
