/** Pictures of flows in the unit square. */
import * as Plot from '@observablehq/plot';
import { drawChart } from '../../../packages/cli/dist/plots/chart.js';
import { theme } from '../../../packages/cli/dist/plots/theme.js';
import { SNAPSHOTS } from './flow.mjs';

/** The states of some flows at some steps, in a panel for each. */
function panels(runs, to, rowOf, steps) {
  const states = runs.flatMap((one) =>
    steps.flatMap((step) =>
      dots(one.snapshots[SNAPSHOTS.indexOf(step)]).map((dot) => ({ ...dot, step, row: rowOf(one) })),
    ),
  );
  return [
    Plot.frame({ stroke: theme.line }),
    Plot.dot(dots(to), { x: 'x', y: 'y', render: asPath(theme.second, 2) }),
    Plot.dot(states, { x: 'x', y: 'y', fx: 'step', fy: 'row', render: asPath(theme.accent, 2.6) }),
  ];
}

const SQUARE = { x: { domain: [0, 1], axis: null }, y: { domain: [0, 1], axis: null } };

/**
 * Panels of the states of flows, a row for each flow and a column for each step.
 *
 * @param {readonly { readonly snapshots: readonly Float64Array[] }[]} runs
 * @param {Float64Array} to the target
 * @param {(run: object) => string} rowOf what a row is called
 * @param {string} title
 */
export function drawFlows(runs, to, rowOf, title) {
  return drawChart({
    title,
    subtitle: `${to.length / 2} points (orange) go down the gradient of the loss towards ${to.length / 2} others (blue); those outside the frame are not shown`,
    width: 1100,
    height: 130 + 150 * runs.length,
    plot: {
      ...SQUARE,
      marginRight: 190,
      fx: { label: 'step', tickFormat: (step) => `${step}` },
      fy: { label: null, domain: runs.map(rowOf), axis: 'right' },
      marks: panels(runs, to, rowOf, SNAPSHOTS),
    },
  });
}

/** The same for phones: three of the steps, and what a row shows above it. */
export function drawFlowsNarrow(runs, to, rowOf, title) {
  const steps = [SNAPSHOTS[0], SNAPSHOTS[2], SNAPSHOTS[4]];
  const rows = runs.map((one) => ({ row: rowOf(one), step: steps[0] }));
  return drawChart({
    title,
    subtitle: 'Orange points flow to the blue ones',
    width: 400,
    height: 150 + 140 * runs.length,
    plot: {
      ...SQUARE,
      // The first row has its name above it too.
      marginTop: 24,
      marginLeft: 12,
      marginRight: 12,
      fx: { label: 'step', tickFormat: (step) => `${step}`, padding: 0.06 },
      fy: { axis: null, domain: runs.map(rowOf), padding: 0.24 },
      marks: [
        ...panels(runs, to, rowOf, steps),
        Plot.text(rows, { text: 'row', fx: 'step', fy: 'row', frameAnchor: 'top-left', textAnchor: 'start', dy: -16 }),
      ],
    },
  });
}

/** All dots of a facet as one path of lines without length and with round ends: a fraction of what circles take. */
function asPath(colour, width) {
  return (index, _scales, { x, y }, _dimensions, { document }) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    const attributes = { fill: 'none', stroke: colour, 'stroke-width': width, 'stroke-linecap': 'round' };
    for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, String(value));
    path.setAttribute('d', Array.from(index, (i) => `M${x[i].toFixed(1)} ${y[i].toFixed(1)}h0`).join(''));
    return path;
  };
}

/** Those inside the frame: kernels push some points far out. */
function dots(points) {
  return Array.from({ length: points.length / 2 }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1] })).filter(
    ({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1,
  );
}
