import * as Plot from '@observablehq/plot';
import { drawChart } from './chart.js';
import { siPrefixed } from './siPrefixed.js';
import { theme } from './theme.js';

/**
 * Draws the value of the loss after each step, on a logarithmic axis when all values are positive.
 *
 * @returns an SVG document.
 */
export function lossCurve(picture: {
  readonly title: string;
  readonly subtitle: string;
  readonly values: readonly number[];
}): string {
  const points = picture.values.map((value, step) => ({ step, value }));
  const type = picture.values.every((value) => value > 0) ? 'log' : 'linear';
  return drawChart({
    ...picture,
    plot: {
      x: { label: 'step', tickFormat: 'd', ticks: Math.min(10, points.length) },
      y: {
        label: 'value of the loss',
        grid: true,
        type,
        nice: true,
        ticks: 6,
        tickFormat: siPrefixed(picture.values) ?? '~g',
      },
      marks: [
        Plot.lineY(points, { x: 'step', y: 'value', stroke: theme.second, strokeWidth: 2.5 }),
        Plot.dot(points, { x: 'step', y: 'value', fill: theme.accent, r: 3.5 }),
      ],
    },
  });
}
