import type { Runner } from '../measuring/runner.js';
import type { Table } from '../report/table.js';
import { type AccuraciesPlan, accuracies } from './accuracies.js';
import { type BallsPlan, balls } from './balls.js';
import { type ChromiumPlan, chromium } from './chromium.js';
import { type ExactPlan, exact } from './exact.js';
import { type FleetsPlan, fleets } from './fleets.js';
import { type GeomlossPlan, geomloss } from './geomloss.js';
import { type GradientErrorPlan, gradientError } from './gradientError.js';
import { type GridsPlan, grids } from './grids.js';
import { type IterationsPlan, iterations } from './iterations.js';
import { type KeptCostsPlan, keptCosts } from './keptCosts.js';
import { type KernelNormsPlan, kernelNorms } from './kernelNorms.js';
import { type KernelsPlan, kernels } from './kernels.js';
import { type MultiscalePlan, multiscale } from './multiscale.js';
import { type MultiscaleErrorsPlan, multiscaleErrors } from './multiscaleErrors.js';
import { type NativePlan, native } from './native.js';
import { type PeersPlan, peers } from './peers.js';
import { type PermutationsPlan, permutations } from './permutations.js';
import { type RegistrationsPlan, registrations } from './registrations.js';
import { type SecondOrderPlan, secondOrder } from './secondOrder.js';
import { type SizesPlan, sizes } from './sizes.js';
import { type SmallPlan, small } from './small.js';
import { type SmallBlursPlan, smallBlurs } from './smallBlurs.js';
import { type SoftminPlan, softmin } from './softmin.js';
import { type StrategiesPlan, strategies } from './strategies.js';
import { type TenMillionPlan, tenMillion } from './tenMillion.js';
import { type ToolkitPlan, toolkit } from './toolkit.js';
import { type TrainingPlan, training } from './training.js';
import { type WarmStartsPlan, warmStarts } from './warmStarts.js';
import { type WebglPlan, webgl } from './webgl.js';
import { type WebgpuPlan, webgpu } from './webgpu.js';

/** How large each benchmark is. */
export interface Plan {
  readonly kernels: KernelsPlan;
  readonly chromium: ChromiumPlan;
  readonly webgl: WebglPlan;
  readonly native: NativePlan;
  readonly peers: PeersPlan;
  readonly training: TrainingPlan;
  readonly webgpu: WebgpuPlan;
  readonly webgpuMore: WebgpuPlan;
  readonly webgpuWide: WebgpuPlan;
  readonly webgpuWideMore: WebgpuPlan;
  readonly geomloss: GeomlossPlan;
  readonly multiscale: MultiscalePlan;
  readonly tenMillion: TenMillionPlan;
  readonly multiscaleErrors: MultiscaleErrorsPlan;
  readonly accuracies: AccuraciesPlan;
  readonly accuraciesMore: AccuraciesPlan;
  readonly balls: BallsPlan;
  readonly kernelNorms: KernelNormsPlan;
  readonly permutations: PermutationsPlan;
  readonly toolkit: ToolkitPlan;
  readonly registrations: RegistrationsPlan;
  readonly fleets: FleetsPlan;
  readonly exact: ExactPlan;
  readonly keptCosts: KeptCostsPlan;
  readonly grids: GridsPlan;
  readonly secondOrder: SecondOrderPlan;
  readonly small: SmallPlan;
  readonly smallBlurs: SmallBlursPlan;
  readonly strategies: StrategiesPlan;
  readonly softmin: SoftminPlan;
  readonly iterations: IterationsPlan;
  readonly gradientError: GradientErrorPlan;
  readonly warmStarts: WarmStartsPlan;
  readonly sizes: SizesPlan;
}

export interface Benchmark {
  readonly name: keyof Plan;
  readonly title: string;
  tables(run: Runner, plan: Plan): Promise<Table[]>;
}

/** All benchmarks, in the order they are shown in. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'kernels',
    title: 'The kernels of the wasm backend',
    tables: (run, plan) => kernels(run, plan.kernels),
  },
  {
    name: 'chromium',
    title: 'The kernels of the wasm backend in a browser',
    tables: (run, plan) => chromium(run, plan.chromium),
  },
  {
    name: 'webgl',
    title: 'WebGL: against kernels of gpu.js by hand',
    tables: (run, plan) => webgl(run, plan.webgl),
  },
  {
    name: 'native',
    title: 'The ceiling: native code',
    tables: (run, plan) => native(run, plan.native),
  },
  {
    name: 'peers',
    title: 'Against tensor libraries',
    tables: (run, plan) => peers(run, plan.peers),
  },
  {
    name: 'training',
    title: 'Training in TensorFlow.js',
    tables: (run, plan) => training(run, plan.training),
  },
  {
    name: 'webgpu',
    title: 'The webgpu backend in a browser',
    tables: (run, plan) => webgpu(run, plan.webgpu),
  },
  {
    name: 'webgpuMore',
    title: 'The webgpu backend in a browser: more points',
    tables: (run, plan) => webgpu(run, plan.webgpuMore),
  },
  {
    name: 'webgpuWide',
    title: 'The webgpu backend in a browser: points of 64 components',
    tables: (run, plan) => webgpu(run, plan.webgpuWide),
  },
  {
    name: 'webgpuWideMore',
    title: 'The webgpu backend in a browser: more points of 64 components',
    tables: (run, plan) => webgpu(run, plan.webgpuWideMore),
  },
  {
    name: 'geomloss',
    title: 'Beside GeomLoss and KeOps',
    tables: (run, plan) => geomloss(run, plan.geomloss),
  },
  {
    name: 'multiscale',
    title: 'Many points',
    tables: (run, plan) => multiscale(run, plan.multiscale),
  },
  {
    name: 'tenMillion',
    title: 'Ten million points',
    tables: (run, plan) => tenMillion(run, plan.tenMillion),
  },
  {
    name: 'multiscaleErrors',
    title: 'Many points, against all pairs',
    tables: (run, plan) => multiscaleErrors(run, plan.multiscaleErrors),
  },
  {
    name: 'accuracies',
    title: 'Accuracy asked and given',
    tables: (run, plan) => accuracies(run, plan.accuracies),
  },
  {
    name: 'accuraciesMore',
    title: 'Accuracy asked and given: more points',
    tables: (run, plan) => accuracies(run, plan.accuraciesMore),
  },
  {
    name: 'balls',
    title: 'Truncation in more dimensions',
    tables: (run, plan) => balls(run, plan.balls),
  },
  {
    name: 'kernelNorms',
    title: 'Kernel norms of many points',
    tables: (run, plan) => kernelNorms(run, plan.kernelNorms),
  },
  {
    name: 'permutations',
    title: 'Permutation tests',
    tables: (run, plan) => permutations(run, plan.permutations),
  },
  {
    name: 'toolkit',
    title: 'The toolkit',
    tables: (run, plan) => toolkit(run, plan.toolkit),
  },
  {
    name: 'registrations',
    title: 'Registrations',
    tables: (run, plan) => registrations(run, plan.registrations),
  },
  {
    name: 'fleets',
    title: 'Fleets',
    tables: (run, plan) => fleets(run, plan.fleets),
  },
  {
    name: 'exact',
    title: 'Exact transport',
    tables: (run, plan) => exact(run, plan.exact),
  },
  {
    name: 'keptCosts',
    title: 'Kept costs',
    tables: (run, plan) => keptCosts(run, plan.keptCosts),
  },
  {
    name: 'grids',
    title: 'Grids',
    tables: (run, plan) => grids(run, plan.grids),
  },
  {
    name: 'secondOrder',
    title: 'Second derivatives',
    tables: (run, plan) => secondOrder(run, plan.secondOrder),
  },
  {
    name: 'small',
    title: 'Few points',
    tables: (run, plan) => small(run, plan.small),
  },
  {
    name: 'smallBlurs',
    title: 'Small blurs',
    tables: (run, plan) => smallBlurs(run, plan.smallBlurs),
  },
  {
    name: 'strategies',
    title: 'Where cells begin to pay',
    tables: (run, plan) => strategies(run, plan.strategies),
  },
  {
    name: 'softmin',
    title: 'The CPU reference against a loop written by hand',
    tables: (run, plan) => softmin(run, plan.softmin),
  },
  {
    name: 'iterations',
    title: 'Solver iterations to tolerance',
    tables: (run, plan) => iterations(run, plan.iterations),
  },
  {
    name: 'gradientError',
    title: 'What a tolerance is worth',
    tables: (run, plan) => gradientError(run, plan.gradientError),
  },
  {
    name: 'warmStarts',
    title: 'Warm starts',
    tables: (run, plan) => warmStarts(run, plan.warmStarts),
  },
  {
    name: 'sizes',
    title: 'Time and memory',
    tables: (run, plan) => sizes(run, plan.sizes),
  },
];
