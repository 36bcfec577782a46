import { applyPlan, runAsync, runSync, solveSinkhorn } from '@sinkhorn/core';
import { applyPlan as applyPlanOnGrids } from '@sinkhorn/core/grid-plan';
import { checkGrid, solveGrids } from '@sinkhorn/core/grids';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { optionsFor } from '../../support/losses.js';
import { random } from '../../support/random.js';
import { allowedPotential, allowedValue, scalesOf } from '../../support/scales.js';

const PROBLEM = { blur: 0.3 };

/** Property 15: a grid is its nodes. */
export const gridTests: readonly ConformanceTest[] = [
  {
    id: 'property/15-grids',
    title: 'two grids give what their nodes give as points, along one axis after the other, plans too',
    async run(subject) {
      const draw = random(23);
      const grid = (name: string, shape: readonly number[], spacing: readonly number[]) => {
        const raw = Array.from({ length: 2 * shape.reduce((product, length) => product * length) }, () =>
          draw.uniform(0, 1),
        );
        // Some nodes are empty, and each element has the mass 1.
        const masses = raw.map((mass) => (mass < 0.25 ? 0 : mass));
        const half = masses.length / 2;
        const totals = [0, half].map((from) => masses.slice(from, from + half).reduce((sum, mass) => sum + mass, 0));
        const shares = masses.map((mass, k) => mass / totals[Math.floor(k / half)]);
        return runSync(checkGrid(name, { grid: shares, shape: [2, ...shape], spacing }));
      };
      const pair = { x: grid('x', [3, 5, 2], [0.3, 0.2, 0.5]), y: grid('y', [4, 2, 3], [0.2, 0.6, 0.3]) };
      // Copies of their fields are clouds of points.
      const clouds = { x: { ...pair.x }, y: { ...pair.y } };
      const options = optionsFor(subject, clouds, PROBLEM);
      const scales = scalesOf(subject.tolerances, clouds, PROBLEM);
      const found = await runAsync(solveGrids(subject.backend, pair, options));
      const expected = await runAsync(solveSinkhorn(subject.backend, clouds, options));
      checkClose('values', found.values, expected.values, 2 * allowedValue(scales, subject.tolerances.value));
      checkClose(
        'potentials',
        found.potentials.f_ba,
        expected.potentials.f_ba,
        2 * allowedPotential(scales, subject.tolerances.value, 0.1),
      );
      const { potentials } = found;
      const values = Array.from({ length: 2 * pair.y.weights.length }, () => draw.uniform(-0.5, 0.5));
      const passes = [
        applyPlanOnGrids({ backend: subject.backend, pair, options, potentials }, 'x', values, 2),
        applyPlan({ backend: subject.backend, pair: clouds, options, potentials }, 'x', values, 2),
      ];
      const [alongAxes, overPairs] = await Promise.all(passes.map((pass) => runAsync(pass)));
      checkClose('plan', alongAxes, overPairs, 1e3 * subject.tolerances.rounding);
    },
  },
];
