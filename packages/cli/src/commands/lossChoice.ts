import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Backend,
  type Diagnostics,
  energyDistance,
  exactTransport,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  type MeasureGradient,
  type PenaltyOption,
  type Plan,
  type SinkhornDivergenceOptions,
  type Solution,
  sinkhornDivergence,
  slicedWasserstein,
  transportOnLine,
} from 'sinkhorn';
import { InputError } from '../inputError.js';
import { formatNumber } from '../writers/numbers.js';
import { number, whole } from './inputs.js';
import { type GivenPenalty, penalty } from './penalty.js';
import { reachOption } from './reach.js';

const names = ['sinkhorn', 'hausdorff', 'energy', 'gaussian', 'laplacian', 'line', 'sliced', 'exact'] as const;
export type LossName = (typeof names)[number];

/** The options that choose a loss and its parameters. */
export interface LossOptions {
  readonly loss: LossName;
  readonly p?: number;
  readonly metric?: 'euclidean' | 'manhattan';
  readonly blur?: number | ShareOfMedian;
  readonly reach?: number;
  readonly penalty?: GivenPenalty;
  readonly root?: boolean;
  readonly tolerance?: number | 'none';
  readonly directions?: number;
  readonly period?: number;
  readonly normalize?: boolean;
}

/** A blur as a part of the median distance between both clouds. */
interface ShareOfMedian {
  readonly median: number;
}

const parameterNames = [
  'p',
  'metric',
  'blur',
  'reach',
  'penalty',
  'root',
  'tolerance',
  'directions',
  'period',
] as const;
type Parameter = (typeof parameterNames)[number];

/** Each loss with its name for people and the parameters it has. */
const losses: Record<LossName, { readonly title: string; readonly parameters: readonly Parameter[] }> = {
  sinkhorn: {
    title: 'Sinkhorn divergence',
    parameters: ['p', 'metric', 'blur', 'reach', 'penalty', 'root', 'tolerance'],
  },
  hausdorff: { title: 'Hausdorff divergence', parameters: ['p', 'blur', 'reach', 'tolerance'] },
  energy: { title: 'energy distance', parameters: [] },
  gaussian: { title: 'Gaussian MMD', parameters: ['blur'] },
  laplacian: { title: 'Laplacian MMD', parameters: ['blur'] },
  line: { title: 'exact transport on the line', parameters: ['p', 'period'] },
  sliced: { title: 'sliced transport', parameters: ['p', 'directions'] },
  exact: { title: 'exact transport', parameters: ['p'] },
};

/** The losses that are computed in float64 on the host, whatever the backend. */
const ON_HOST: readonly LossName[] = ['line', 'sliced', 'exact'];

/** The blur that is taken when none is given, as a share of the diameter of both clouds. */
const defaultBlurShare = 0.05;
const defaultDirections = 128;

/** Whether a loss has a plan. */
export const hasPlan = (name: LossName): boolean => name === 'sinkhorn' || name === 'line' || name === 'exact';

/** Adds the options that choose a loss. */
export function addLossOptions(command: Command): Command {
  return command
    .addOption(new Option('--loss <name>', 'the loss').choices(names).default('sinkhorn'))
    .option(
      '--p <number>',
      'the cost: 1 for distances, 2 for half squared distances; losses line, sliced and exact take any from 1 on (default: 2)',
      number,
    )
    .addOption(
      new Option(
        '--metric <name>',
        'the distance of --p 1: manhattan adds up those along the axes, which is fast on grids',
      ).choices(['euclidean', 'manhattan']),
    )
    .option(
      '--blur <length>',
      'the length below which details are blurred, or for loss sinkhorn median:0.5 for that part of the median distance (default: 5 % of the diameter of both clouds)',
      blurLength,
    )
    .addOption(reachOption)
    .option(
      '--penalty <kind:strength>',
      'the cost of mass that is not moved: kl:1, tv:0.1, berg:1, hellinger:1 or quadratic:1, range:0.5,1.5 for the shares that are allowed, partial:0.3 for the mass to move (loss sinkhorn)',
      penalty,
    )
    .option('--root', 'give the value as a distance (loss sinkhorn)')
    .option('--directions <count>', `how many directions loss sliced takes (default: ${defaultDirections})`, whole(1))
    .option('--period <length>', 'the length of a circle that coordinates go around (loss line)', number)
    .option(
      '--tolerance <error>',
      'the marginal error at which the iteration stops, or "none" for the annealing alone (default: 0.001, and less where value or gradient need it)',
      tolerance,
    )
    .option('--normalize', 'divide the weights of each cloud by their sum: compares shares where weights are counts');
}

function blurLength(text: string): number | ShareOfMedian {
  const [, share] = /^median:(.*)$/.exec(text) ?? [];
  try {
    return share === undefined ? number(text) : { median: number(share) };
  } catch {
    throw new InvalidArgumentError('it must be a number, or median: and a number.');
  }
}

function tolerance(text: string): number | 'none' {
  if (text === 'none') return text;
  try {
    return number(text);
  } catch {
    throw new InvalidArgumentError('it must be a number or "none".');
  }
}

/** A loss that was chosen on the command line. */
export interface ChosenLoss {
  readonly name: LossName;
  readonly title: string;
  readonly loss: Loss;
  /** The same loss where its solutions have a plan. */
  readonly planned?: Loss<Solution & { readonly plan: Plan }>;
  /** The options of a Sinkhorn divergence. */
  readonly sinkhorn?: SinkhornDivergenceOptions;
  /** Every parameter with the value that is used; null where there is none, as for reach when mass may travel any distance. */
  readonly parameters: ChosenParameters;
  /** What computes it, with its precision. */
  readonly backend: string;
  /** A value between measures of some mass as a length, where it is one of balanced transport. */
  readonly lengthOf?: (value: number, mass: number) => number;
  /** The parameters for people. */
  readonly summary: string;
}

interface UsedParameters {
  readonly p: number;
  readonly metric: 'euclidean' | 'manhattan';
  readonly blur: number | ShareOfMedian;
  readonly reach: number | null;
  readonly penalty: string | null;
  readonly root: boolean;
  readonly tolerance: number | null;
  readonly directions: number;
  readonly period: number | null;
}

type ChosenParameters = Partial<UsedParameters> & {
  readonly normalize?: boolean;
  readonly labelCost?: number | string;
  readonly labelWeight?: number;
};

/** Refuses parameters that the chosen loss does not have: ignoring them would be a wrong answer. */
export function checkLossOptions(options: LossOptions): void {
  const { title, parameters } = losses[options.loss];
  for (const name of parameterNames) {
    if (options[name] !== undefined && !parameters.includes(name))
      throw new InputError(`--${name}: the ${title} has no ${name}; leave it out`);
  }
  if (typeof options.blur === 'object' && options.loss !== 'sinkhorn') {
    throw new InputError(`--blur: a part of the median distance is for the Sinkhorn divergence; give a length`);
  }
  if (options.penalty && options.reach !== undefined) {
    throw new InputError('--reach: it is short for a --penalty of kind kl; give one of both');
  }
  if (options.tolerance === 'none' && options.loss !== 'sinkhorn') {
    throw new InputError(
      `--tolerance: "none" is for the Sinkhorn divergence; the ${title} has no annealing to stop after`,
    );
  }
}

/**
 * Makes the chosen loss.
 *
 * @param diameter - the length of the diagonal of the box around both clouds, for the default blur.
 * @throws InvalidOptionError for a parameter out of its range.
 */
export function chooseLoss(options: LossOptions, backend: Backend, diameter: number): ChosenLoss {
  const { title, parameters: known } = losses[options.loss];
  // Clouds of one single place have no diameter: any blur gives the same.
  const blur = options.blur ?? (diameter > 0 ? defaultBlurShare * diameter : 1);
  const p = options.p ?? 2;
  const { normalize = false, root = false, penalty: given } = options;
  const tolerance = options.tolerance === 'none' ? null : (options.tolerance ?? 1e-3);
  const { metric = 'euclidean', reach = null, directions = defaultDirections, period = null } = options;
  const all = { p, metric, blur, reach, penalty: given?.text ?? null, root, tolerance, directions, period };
  const parameters = Object.fromEntries(known.map((name) => [name, all[name]])) as ChosenParameters;
  const words = known.flatMap((name) => describe(name, all, options));
  if (normalize) words.push('weights as shares');
  const isOnHost = ON_HOST.includes(options.loss);
  const chosen = {
    name: options.loss,
    title,
    parameters: normalize ? { ...parameters, normalize } : parameters,
    summary: words.join(', '),
    backend: isOnHost ? 'host (float64)' : `${backend.name} (${backend.precision})`,
    ...((isOnHost || options.loss === 'sinkhorn') &&
      reach === null &&
      given === undefined && {
        lengthOf: (value: number, mass: number) =>
          (root ? Math.max(0, value) : Math.max(0, p * value) ** (1 / p)) / mass ** (1 / p),
      }),
  };
  const withPlan = (planned: NonNullable<ChosenLoss['planned']>): ChosenLoss => ({ ...chosen, loss: planned, planned });

  // Commands say by themselves what is not accurate.
  const common = { backend, normalize, onInaccurate: 'ignore' } as const;
  // A tolerance of your own is the only thing to go by then: without one, errors of value and gradient are.
  const named = options.tolerance === undefined ? undefined : tolerance;
  const transport = { ...common, p, reach: options.reach, tolerance: named };
  const length = typeof blur === 'number' ? blur : Number.NaN;
  switch (options.loss) {
    case 'sinkhorn': {
      const sinkhorn: SinkhornDivergenceOptions = {
        ...transport,
        ...(options.metric && { metric }),
        blur,
        ...(given && { penalty: given.penalty as PenaltyOption, debias: !given.isPartial }),
        ...(root && { root }),
      };
      return { ...withPlan(sinkhornDivergence(sinkhorn)), sinkhorn };
    }
    case 'line':
      return withPlan(transportOnLine({ p, normalize, ...(period !== null && { period }) }));
    case 'exact':
      return withPlan(exactTransport({ p, normalize }));
    case 'sliced':
      return { ...chosen, loss: slicedWasserstein({ p, normalize, directions }) };
    case 'hausdorff':
      return { ...chosen, loss: hausdorffDivergence({ ...transport, blur: length, tolerance: named ?? undefined }) };
    case 'energy':
      return { ...chosen, loss: energyDistance(common) };
    case 'gaussian':
      return { ...chosen, loss: gaussianMmd({ ...common, blur: length }) };
    case 'laplacian':
      return { ...chosen, loss: laplacianMmd({ ...common, blur: length }) };
  }
}

/** A parameter for people; nothing where there is nothing to say. */
function describe(
  name: Parameter,
  { p, metric, blur, reach, penalty: given, root, tolerance, directions, period }: UsedParameters,
  options: LossOptions,
): string[] {
  switch (name) {
    case 'p':
      return [`p = ${formatNumber(p)}`];
    case 'metric':
      return metric === 'manhattan' ? ['distances along the axes'] : [];
    case 'blur':
      if (typeof blur === 'object') return [`blur ${formatNumber(blur.median)} of the median distance`];
      return [`blur ${formatNumber(blur)}${options.blur === undefined ? ' (5 % of the diameter)' : ''}`];
    case 'reach':
      if (given !== null) return [];
      return [reach === null ? 'balanced' : `reach ${formatNumber(reach)}`];
    case 'penalty':
      return given === null ? [] : [`penalty ${given}`];
    case 'root':
      return root ? ['as a distance'] : [];
    case 'tolerance':
      return [tolerance === null ? 'annealing only' : `tolerance ${formatNumber(tolerance)}`];
    case 'directions':
      return [`${directions} directions`];
    case 'period':
      return period === null ? [] : [`around a circle of ${formatNumber(period)}`];
  }
}

/** What every command wants of a solution. */
export interface ValueAndGradient {
  readonly value: number;
  /** With respect to A. */
  readonly gradient: MeasureGradient;
  readonly diagnostics: Diagnostics;
  /** Of the value of sliced transport, as a mean over directions. */
  readonly standardError?: number;
}

/** Takes value, gradient and diagnostics out of a solution. */
export async function valueAndGradient(solution: Solution<number>): Promise<ValueAndGradient> {
  const { x } = await solution.gradients('x');
  if (!x) throw new Error('the gradient with respect to x was asked for and did not come');
  const { standardError } = solution as { readonly standardError?: number };
  return {
    value: solution.value,
    gradient: x,
    diagnostics: solution.diagnostics,
    ...(standardError !== undefined && { standardError }),
  };
}
