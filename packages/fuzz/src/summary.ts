import type { Case } from './campaign.js';
import type { Comparison, Part } from './judge.js';

const BANDS: readonly [below: number, name: string][] = [
  [1e-2, 'below 0.01'],
  [1, '0.01 to 1'],
  [100, '1 to 100'],
  [Number.POSITIVE_INFINITY, 'above 100'],
];

/**
 * What results that are called accurate are off by at worst, by blur over diameter, as a table in Markdown: with how often that is said, and the
 * largest share of what was stated that an error comes to.
 */
export function summary(cases: readonly Case[]): string {
  const lines = [
    '| blur / diameter | problems | accurate | value off by, at most | points off by, at most | error / stated, at most |',
    '| --------------- | -------- | -------- | --------------------- | ---------------------- | ----------------------- |',
  ];
  let least = 0;
  for (const [below, name] of BANDS) {
    const these = cases.filter(({ problem: { blur, diameter } }) => {
      const ratio = blur / diameter;
      return ratio >= least && ratio < below;
    });
    least = below;
    const accurate = these.filter(({ result }) => result?.accurate);
    const worst = (part: Part, of: (comparison: Comparison) => number): number =>
      Math.max(0, ...accurate.map(({ verdict }) => (verdict ? of(verdict.parts[part]) : Number.POSITIVE_INFINITY)));
    const share = (part: Part) => worst(part, ({ error, stated }) => (error === 0 ? 0 : error / stated));
    const cells = [
      name,
      these.length,
      `${((100 * accurate.length) / Math.max(1, these.length)).toFixed(1)} %`,
      worst('value', ({ error }) => error).toExponential(1),
      worst('points', ({ error }) => error).toExponential(1),
      Math.max(share('value'), share('points')).toPrecision(2),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}
