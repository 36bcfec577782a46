import * as Plot from '@observablehq/plot';
import { formatNumber } from '../writers/numbers.js';
import { drawChart } from './chart.js';
import { siPrefixed } from './siPrefixed.js';
import { theme } from './theme.js';

/**
 * Draws the values that chance alone gives as a histogram, and the observed value as a line.
 *
 * @returns an SVG document.
 */
export function permutationPlot(picture: {
  readonly title: string;
  readonly subtitle: string;
  readonly observed: number;
  readonly permuted: ArrayLike<number>;
  /** How often each value occurs. */
  readonly multiplicities?: ArrayLike<number>;
}): string {
  const values = Array.from(picture.permuted, (value, index) => ({
    value,
    times: picture.multiplicities?.[index] ?? 1,
  }));
  return drawChart({
    ...picture,
    plot: {
      x: {
        label: 'value of the loss',
        nice: true,
        tickFormat: siPrefixed([picture.observed, ...values.map(({ value }) => value)]),
      },
      y: { label: 'permutations', grid: true, nice: true },
      marks: [
        Plot.rectY(
          values,
          Plot.binX<Plot.RectYOptions>(
            { y: 'sum' },
            { x: 'value', y: 'times', thresholds: 40, fill: theme.second, fillOpacity: 0.8, inset: 0.2 },
          ),
        ),
        Plot.ruleY([0], { stroke: theme.line }),
        Plot.ruleX([picture.observed], { stroke: theme.accent, strokeWidth: 2.5 }),
        Plot.text([picture.observed], {
          x: (value: number) => value,
          frameAnchor: 'top',
          text: () => `observed ${formatNumber(picture.observed)}`,
          textAnchor: anchorOf(picture.observed, picture.permuted),
          dx: anchorOf(picture.observed, picture.permuted) === 'end' ? -8 : 8,
          dy: 6,
          fill: theme.accent,
          fontSize: 13,
        }),
      ],
    },
  });
}

/** Text stands to the left of a line that is in the right half. */
function anchorOf(observed: number, permuted: ArrayLike<number>): 'start' | 'end' {
  const values = Array.from(permuted);
  const low = Math.min(observed, ...values);
  const high = Math.max(observed, ...values);
  return observed > (low + high) / 2 ? 'end' : 'start';
}
