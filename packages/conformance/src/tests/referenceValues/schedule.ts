import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { batchOf, type Cloud } from '../../support/clouds.js';
import { pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { allowedGradient, allowedPotential, allowedValue, scalesOf } from '../../support/scales.js';
import { batchCases, cases, cloudFrom, problemOf } from './cases.js';

/** What a case looks like once batches and single problems are one: flat lists. */
interface Run {
  readonly label: string;
  readonly x: Cloud;
  readonly y: Cloud;
  readonly problem: Problem;
  readonly values: readonly number[];
  readonly F: readonly number[];
  readonly G: readonly number[];
  readonly gradients: readonly ['x' | 'y', 'points' | 'weights', readonly number[]][];
}

/**
 * Corrections to what GeomLoss 0.3.1 is known to get wrong: with a reach its gradients are too small by
 * (rho + eps/2) / (rho + eps), and without debiasing its values leave out what masses other than 1 add.
 */
function corrections({ p = 2, blur, reach, debias }: Problem) {
  const epsilon = blur ** p;
  const rho = typeof reach === 'number' ? reach ** p : Number.POSITIVE_INFINITY;
  const balanced = rho === Number.POSITIVE_INFINITY;
  return {
    factor: balanced ? 1 : (rho + epsilon) / (rho + epsilon / 2),
    value: (massX: number, massY: number) => (debias ? 0 : epsilon * (massX * massY - (massX + massY) / 2)),
    weights: (otherMass: number) => (debias || balanced ? 0 : epsilon * (otherMass - 1)),
  };
}

async function checkRun(subject: Subject, { label, x, y, problem, values, F, G, gradients }: Run): Promise<void> {
  const { tolerances } = subject;
  const pair = pairOf(x, y);
  const scales = scalesOf(tolerances, pair, problem);
  const result = await sinkhorn(subject, x, y, problem, ['x', 'y']);
  const { factor, value, weights } = corrections(problem);
  const exact = values.map((given, element) => given + value(pair.x.masses[element], pair.y.masses[element]));
  checkClose(`${label}: value`, result.values, exact, allowedValue(scales, tolerances.value));
  const { f_ba, g_ab, f_aa, g_bb } = result.potentials;
  const limit = allowedPotential(scales, tolerances.value, 1);
  checkClose(
    `${label}: F`,
    f_ba.map((f, index) => f - (f_aa?.[index] ?? 0)),
    F,
    limit,
  );
  checkClose(
    `${label}: G`,
    g_ab.map((g, index) => g - (g_bb?.[index] ?? 0)),
    G,
    limit,
  );
  for (const [side, part, given] of gradients) {
    const found = result.gradients[side]?.[part] ?? [];
    const where = `${label}: gradient in ${part} of ${side}`;
    const own = side === 'x' ? x : y;
    if (part === 'points') {
      const scaled = given.map((entry) => factor * entry);
      checkClose(where, found, scaled, allowedGradient(scales, tolerances.gradient, own.weights, scaled));
      continue;
    }
    const otherMasses = pair[side === 'x' ? 'y' : 'x'].masses;
    const count = own.shape[own.shape.length - 2];
    const shifted = given.map((entry, index) => factor * entry + weights(otherMasses[Math.floor(index / count)]));
    checkClose(
      where,
      found,
      shifted,
      Array.from(shifted, (entry) => limit * 4 + tolerances.gradient * Math.abs(entry)),
    );
  }
}

const numbers = (nested: readonly unknown[] | undefined): number[] => (nested ?? []).flat(3) as number[];

/** The runs of the problems of one file, and of the batches. */
function runsOf(list: (typeof cases)[keyof typeof cases]): Run[] {
  return list.flatMap((given) =>
    (given.geomloss ?? [])
      .filter(({ failed }) => failed === undefined)
      .map((schedule) =>
        runOf(given.id, cloudFrom(given.x, given.a), cloudFrom(given.y, given.b), problemOf(given), schedule),
      ),
  );
}

const batchRuns = (): Run[] =>
  batchCases.flatMap((given) => {
    const batch = (points: typeof given.x, weights: typeof given.a) =>
      batchOf(points.map((element, index) => cloudFrom(element, weights[index])));
    const [x, y] = [batch(given.x, given.a), batch(given.y, given.b)];
    return (given.geomloss ?? []).map((schedule) => runOf(given.id, x, y, problemOf(given), schedule));
  });

type AnySchedule = {
  readonly scaling: number;
  readonly debias: boolean;
  readonly value: number | readonly number[];
} & Readonly<Partial<Record<'F' | 'G' | 'grad_x' | 'grad_a' | 'grad_y' | 'grad_b', readonly unknown[]>>>;

function runOf(id: string, x: Cloud, y: Cloud, problem: Problem, schedule: AnySchedule): Run {
  const { scaling, debias, value, F, G, grad_x, grad_a, grad_y, grad_b } = schedule;
  return {
    label: `${id}, scaling ${scaling}${debias ? '' : ', without debiasing'}`,
    x,
    y,
    problem: { ...problem, scaling, debias, tolerance: null },
    values: typeof value === 'number' ? [value] : value,
    F: numbers(F),
    G: numbers(G),
    gradients: [
      ['x', 'points', numbers(grad_x)],
      ['x', 'weights', numbers(grad_a)],
      ...(grad_y && grad_b
        ? ([
            ['y', 'points', numbers(grad_y)],
            ['y', 'weights', numbers(grad_b)],
          ] satisfies Run['gradients'])
        : []),
    ],
  };
}

const RUNS = {
  'p2-balanced': runsOf(cases['p2-balanced']),
  'p2-unbalanced': runsOf(cases['p2-unbalanced']),
  special: runsOf(cases.special),
  batch: batchRuns(),
};

/** GeomLoss's numbers, by its schedule and nothing else. */
export const scheduleTests: readonly ConformanceTest[] = Object.entries(RUNS).map(([name, runs]) => ({
  id: `reference/schedule-${name}`,
  title: `GeomLoss 0.3.1 along its schedule, ${runs.length} runs of ${name}`,
  async run(subject) {
    for (const run of runs) await checkRun(subject, run);
  },
}));
