import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check } from '../../support/check.js';
import { batchOf, type Cloud, cloud, randomWeights, weighted } from '../../support/clouds.js';
import { pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';

const DRAWS = 40;
/** Little next to what is looked for, and much less work than all that precision allows. */
const tolerance = 1e-7;
const COUNT = 6;

interface Draw {
  /** Two measures on the same points, and the point in between. */
  readonly ends: readonly [Cloud, Cloud];
  readonly between: Cloud;
  readonly share: number;
  readonly against: Cloud;
}

const draws: readonly Draw[] = Array.from({ length: DRAWS }, (_, index) => {
  const draw = random(100 + index);
  const one = cloud(draw, { count: COUNT, dimension: 2 });
  const two = weighted(one, randomWeights(draw, COUNT));
  const share = draw.uniform(0.2, 0.8);
  const weights = one.weights.map((weight, i) => (1 - share) * weight + share * two.weights[i]);
  return { ends: [one, two], between: weighted(one, weights), share, against: cloud(draw, { count: 5, dimension: 2 }) };
});

const PROBLEMS = [
  { p: 1, blur: 0.4 },
  { p: 2, blur: 0.4, reach: 0.5 },
] as const;

/** Values at both ends and in between, for every draw: how far the value in between is below the chord. */
async function depths(valuesOf: (clouds: Cloud) => Promise<Float64Array>): Promise<number[]> {
  const [first, second, middle] = [
    await valuesOf(batchOf(draws.map(({ ends }) => ends[0]))),
    await valuesOf(batchOf(draws.map(({ ends }) => ends[1]))),
    await valuesOf(batchOf(draws.map(({ between }) => between))),
  ];
  return draws.map(({ share }, k) => (1 - share) * first[k] + share * second[k] - middle[k]);
}

const allowedFor = ({ tolerances }: Subject, problem: Problem): number => {
  const all = batchOf(draws.map(({ ends }) => ends[0]));
  return allowedValue(scalesOf(tolerances, pairOf(all, all), problem), tolerances.identity);
};

/** Property 2. */
export const convexityTests: readonly ConformanceTest[] = [
  {
    id: 'property/02-convex-in-each-argument',
    title: `S is convex in each argument alone, without a violation in ${DRAWS} draws`,
    async run(subject) {
      const against = batchOf(draws.map((draw) => draw.against));
      for (const stated of PROBLEMS) {
        const problem = { ...stated, tolerance };
        const allowed = allowedFor(subject, problem);
        const inFirst = await depths(async (clouds) => (await sinkhorn(subject, clouds, against, problem)).values);
        const inSecond = await depths(async (clouds) => (await sinkhorn(subject, against, clouds, problem)).values);
        [...inFirst, ...inSecond].forEach((depth, k) => {
          const where = `${JSON.stringify(problem)}, draw ${k % DRAWS}, argument ${k < DRAWS ? 1 : 2}`;
          check(depth >= -allowed, `${where}: the value in between is ${-depth} above the chord`);
        });
      }
    },
  },
  {
    id: 'property/02-negentropy-strictly-convex',
    title: `F(a) = -OT(a, a) / 2 is strictly convex in ${DRAWS} draws`,
    async run(subject) {
      for (const { p, blur } of PROBLEMS) {
        const problem = { p, blur, debias: false, tolerance };
        const allowed = allowedFor(subject, problem);
        // Rounding of float32 is as large as some of the depths: nothing strict can be said then.
        const least = subject.backend.precision === 'float64' ? allowed : -allowed;
        const found = await depths(async (clouds) => {
          const { values } = await sinkhorn(subject, clouds, clouds, problem);
          return values.map((value) => -value / 2);
        });
        found.forEach((depth, k) => {
          check(depth > least, `${JSON.stringify(problem)}, draw ${k}: F in between is only ${depth} below the chord`);
        });
      }
    },
  },
];
