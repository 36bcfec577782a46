import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { DIMENSION } from '../clouds/dimension.js';
import { type CloudPair, type Problem, problems } from '../clouds/problems.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import { relativeError } from '../measuring/relativeError.js';
import type { Repetition } from '../measuring/repeat.js';
import { annealed, sweep } from '../methods/alternating.js';
import { softminGradientLoop } from '../methods/softminGradientLoop.js';
import { transport } from '../methods/transport.js';

export interface SmallTimes extends Repetition {
  readonly n: number;
  readonly backend: BackendChoice;
}

/** The marginal error that sweeps stop at by default. */
const TOLERANCE = 1e-3;
/** Solves in a row that are timed as one: a single one is shorter than the clock is fine. */
const SOLVES = 5;

/** Times value and gradients of few points: by default, by sweeps on the backend, and by loops on plain arrays. */
export function smallTimes({ n, backend, ...repetition }: SmallTimes) {
  const problem = problems['sphere, cube'];
  const clouds = problem.clouds(n);
  const [x, y] = [clouds.x, clouds.y].map((points) => ({ points, dimension: DIMENSION }));
  return onBackend(backend, (opened) => {
    const losses = {
      library: sinkhornDivergence({ backend: opened, blur: problem.blur }),
      sweeps: sinkhornDivergence({ backend: opened, blur: problem.blur, method: 'alternating' }),
    };
    const repeated =
      <Result>(work: () => Result) =>
      () => {
        for (let k = 1; k < SOLVES; k++) work();
        return work();
      };
    const courses = inTurn(repetition, {
      library: repeated(() => losses.library.valueAndGradientsSync(x, y)),
      sweeps: repeated(() => losses.sweeps.valueAndGradientsSync(x, y)),
      plain: repeated(() => plainGradient(problem, clouds)),
    });
    const { library, sweeps, plain } = courses;
    const [solved, swept] = [library.result.x.points, sweeps.result.x.points];
    return {
      runs: library.seconds.length,
      library: (1000 * median(library.seconds)) / SOLVES,
      sweeps: (1000 * median(sweeps.seconds)) / SOLVES,
      plain: (1000 * median(plain.seconds)) / SOLVES,
      ofSweeps: timeRatio(library, sweeps),
      ofPlain: timeRatio(library, plain),
      sweepsApart: relativeError(swept, solved),
      plainApart: relativeError(plain.result, solved),
    };
  });
}

/** The gradient in x of the divergence, by the loops that one would write by hand: sweeps to the tolerance, three times. */
function plainGradient(problem: Problem, { x, y }: CloudPair): Float64Array {
  const cross = slopes(problem, { x, y });
  // A sweep's potentials differ by a constant for a cloud against itself, which its gradient does not see.
  const self = slopes(problem, { x, y: x });
  slopes(problem, { x: y, y });
  return cross.map((slope, k) => slope - self[k]);
}

function slopes(problem: Problem, clouds: CloudPair): Float64Array {
  const n = clouds.x.length / DIMENSION;
  const plain = transport({ ...problem, clouds: () => clouds }, n);
  const epsilon = plain.epsilons[plain.epsilons.length - 1];
  const potentials = annealed(plain);
  while (sweep(plain, potentials, epsilon, 1) > TOLERANCE);
  const { gradient } = softminGradientLoop({
    p: 2,
    dimension: DIMENSION,
    x: Float64Array.from(clouds.x),
    y: Float64Array.from(clouds.y),
    h: potentials.y.map((value) => value / epsilon - Math.log(n)),
    epsilon,
  });
  return gradient.map((slope) => slope / n);
}
