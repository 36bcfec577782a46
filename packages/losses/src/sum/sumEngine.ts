import { type CheckedMeasure, type HostGradient, InvalidMeasureError, type MeasurePair } from '@sinkhorn/core';
import type { Engine, EngineDiagnostics, LossGradients, Solved } from '../engine.js';
import type { Solution } from '../solution.js';
import type { SumSolved, Term } from '../sumOfLosses.js';
import { addTo } from './addTo.js';
import { checkNamesOf, ofTerm, parametersAddedUp } from './parametersOfTerms.js';
import { sumErrors } from './sumErrors.js';
import { type Part, sumSolution } from './sumSolution.js';

/** What computes the weighted sum of losses: values, gradients, their errors and the work add up. */
export function sumEngine(
  name: string,
  terms: readonly Term[],
): Pick<Engine<readonly unknown[], SumSolved>, 'prepare' | 'solve'> {
  return {
    *prepare(y) {
      const precomputed: unknown[] = [];
      for (const term of terms) precomputed.push(yield* term.engine.prepare(select(y, term.columns)));
      return precomputed;
    },
    *solve(pair, wrt, { precomputed, start, parameters }) {
      if (parameters !== undefined) checkNamesOf(terms, parameters);
      const parts: Solved[] = [];
      const solved: Part[] = [];
      for (const [index, term] of terms.entries()) {
        const { engine: part, columns } = term;
        const selected = { x: select(pair.x, columns), y: select(pair.y, columns) };
        const result = yield* part.solve(selected, wrt, {
          precomputed: precomputed?.[index],
          start: start?.parts[index],
          parameters: parameters && ofTerm(term, parameters),
        });
        parts.push(result);
        solved.push({ term, pair: selected, result });
      }
      const values = new Float64Array(pair.x.batch);
      terms.forEach(({ weight }, index) => {
        addTo(values, parts[index].values, weight);
      });
      let known = parts.map(({ gradients }) => gradients);
      const gradients = addUp(pair, terms, known);
      let total = gradients;
      return {
        parts,
        extend: (solution: Solution) => sumSolution(name, solution, pair, solved),
        values,
        gradients,
        get diagnostics() {
          return {
            ...together(parts.map(({ diagnostics }) => diagnostics)),
            ...sumErrors({ pair, terms, parts, values, gradients: known, total }),
          };
        },
        *gradientsOf(missing) {
          const found: LossGradients[] = [];
          for (const part of parts) found.push(yield* part.gradientsOf(missing));
          known = known.map((before, k) => ({ ...before, ...found[k] }));
          total = addUp(pair, terms, known);
          return addUp(pair, terms, found);
        },
      };
    },
  };
}

/** A measure with some of its columns. */
function select(measure: CheckedMeasure, columns: readonly number[] | undefined): CheckedMeasure {
  if (!columns) return measure;
  const { name, points, dimension } = measure;
  const missing = columns.find((column) => column >= dimension);
  if (missing !== undefined) {
    throw new InvalidMeasureError(`${name} has ${dimension} columns, but columns names ${missing}: count from 0`);
  }
  const length = (points.length / dimension) * columns.length;
  const selected = points instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  for (let k = 0; k < length; k++) {
    selected[k] = points[Math.floor(k / columns.length) * dimension + columns[k % columns.length]];
  }
  return { ...measure, points: selected, dimension: columns.length };
}

/** Adds up gradients, each in the columns it belongs to. */
function addUp(pair: MeasurePair, terms: readonly Term[], gradients: readonly LossGradients[]): LossGradients {
  const total: { -readonly [Name in keyof LossGradients]: LossGradients[Name] } = {};
  const parameters = parametersAddedUp(
    terms,
    gradients.map((gradient) => gradient.parameters),
  );
  if (parameters) total.parameters = parameters;
  for (const side of ['x', 'y'] as const) {
    // A loss may give gradients that nobody asked for, beside one that does not: they are no gradient of the sum.
    if (!gradients.every((gradient) => gradient[side])) continue;
    const { weights: masses, dimension, grid } = pair[side];
    // Nodes of grids do not move.
    const points = new Float64Array(grid ? 0 : masses.length * dimension);
    const weights = new Float64Array(masses.length);
    terms.forEach(({ weight, columns }, index) => {
      const part = gradients[index][side] as HostGradient;
      addTo(weights, part.weights, weight);
      if (!grid) addTo(points, part.points, weight, columns, dimension);
    });
    total[side] = { points, weights };
  }
  return total;
}

/** The diagnostics of several computations as one, but for their errors: work adds up. */
function together(
  all: readonly EngineDiagnostics[],
): Omit<EngineDiagnostics, 'valueError' | 'gradientError' | 'weightsError' | 'floor' | 'accurate'> {
  const of = <Key extends keyof EngineDiagnostics>(key: Key) => all.map((one) => one[key]);
  const most = (key: 'marginalError' | 'estimatedError' | 'truncatedMass') => Math.max(...of(key));
  const sum = (key: 'iterations' | 'reductions') => of(key).reduce((total, count) => total + count, 0);
  const reasons = new Set(all.map(({ strategy, strategyReason }) => `${strategy}: ${strategyReason}`));
  return {
    iterations: sum('iterations'),
    reductions: sum('reductions'),
    epsilons: [...new Set(of('epsilons').flat())],
    marginalError: most('marginalError'),
    converged: of('converged').every(Boolean),
    backend: [...new Set(of('backend'))].join(', '),
    strategy: of('strategy').find((strategy) => strategy !== 'dense') ?? 'dense',
    strategyReason: reasons.size === 1 ? all[0].strategyReason : [...reasons].join('; '),
    estimatedError: most('estimatedError'),
    truncatedMass: most('truncatedMass'),
  };
}
