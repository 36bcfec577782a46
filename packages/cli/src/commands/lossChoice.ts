import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Backend,
  type Diagnostics,
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  type MeasureGradient,
  type SinkhornSolution,
  type Solution,
  sinkhornDivergence,
} from 'sinkhorn';
import { InputError } from '../inputError.js';
import { formatNumber } from '../writers/numbers.js';
import { number } from './inputs.js';

const names = ['sinkhorn', 'hausdorff', 'energy', 'gaussian', 'laplacian'] as const;
export type LossName = (typeof names)[number];

/** The options that choose a loss and its parameters. */
export interface LossOptions {
  readonly loss: LossName;
  readonly p?: number;
  readonly blur?: number;
  readonly reach?: number;
  readonly tolerance?: number | 'none';
  readonly normalize?: boolean;
}

type Parameter = 'p' | 'blur' | 'reach' | 'tolerance';

/** Each loss with its name for people and the parameters it has. */
const losses: Record<LossName, { readonly title: string; readonly parameters: readonly Parameter[] }> = {
  sinkhorn: { title: 'Sinkhorn divergence', parameters: ['p', 'blur', 'reach', 'tolerance'] },
  hausdorff: { title: 'Hausdorff divergence', parameters: ['p', 'blur', 'reach', 'tolerance'] },
  energy: { title: 'energy distance', parameters: [] },
  gaussian: { title: 'Gaussian MMD', parameters: ['blur'] },
  laplacian: { title: 'Laplacian MMD', parameters: ['blur'] },
};

/** The blur that is taken when none is given, as a share of the diameter of both clouds. */
const defaultBlurShare = 0.05;

/** Adds the options that choose a loss. */
export function addLossOptions(command: Command): Command {
  return command
    .addOption(new Option('--loss <name>', 'the loss').choices(names).default('sinkhorn'))
    .option('--p <1|2>', 'the cost: 1 for distances, 2 for half squared distances (default: 2)', number)
    .option(
      '--blur <length>',
      'the length below which details are blurred (default: 5 % of the diameter of both clouds)',
      number,
    )
    .option('--reach <length>', 'how far mass may travel before it is rather left out (default: any distance)', number)
    .option(
      '--tolerance <error>',
      'the marginal error at which the iteration stops, or "none" for the annealing alone (default: 0.001, and less where value or gradient need it)',
      tolerance,
    )
    .option('--normalize', 'divide the weights of each cloud by their sum: compares shares where weights are counts');
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
  /** The same loss where it is the Sinkhorn divergence, the only one with a plan. */
  readonly sinkhorn?: Loss<SinkhornSolution>;
  /** Every parameter with the value that is used; reach is null when mass may travel any distance. */
  readonly parameters: Readonly<Partial<Record<Parameter, number | null>>> & { readonly normalize?: boolean };
  /** The parameters for people. */
  readonly summary: string;
}

/** Refuses parameters that the chosen loss does not have: ignoring them would be a wrong answer. */
export function checkLossOptions(options: LossOptions): void {
  const { title, parameters } = losses[options.loss];
  for (const name of ['p', 'blur', 'reach', 'tolerance'] as const) {
    if (options[name] !== undefined && !parameters.includes(name))
      throw new InputError(`--${name}: the ${title} has no ${name}; leave it out`);
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
  const normalize = options.normalize ?? false;
  const tolerance = options.tolerance === 'none' ? null : (options.tolerance ?? 1e-3);
  const all = { p, blur, reach: options.reach ?? null, tolerance };
  const parameters = Object.fromEntries(known.map((name) => [name, all[name]]));
  const words = known.map((name) => describe(name, all[name], options.blur === undefined));
  if (normalize) words.push('weights as shares');
  const chosen = {
    name: options.loss,
    title,
    parameters: normalize ? { ...parameters, normalize } : parameters,
    summary: words.join(', '),
  };

  // Commands say by themselves what is not accurate.
  const common = { backend, normalize, onInaccurate: 'ignore' } as const;
  // A tolerance of your own is the only thing to go by then: without one, errors of value and gradient are.
  const named = options.tolerance === undefined ? undefined : tolerance;
  const transport = { ...common, p, blur, reach: options.reach, tolerance: named };
  switch (options.loss) {
    case 'sinkhorn': {
      const sinkhorn = sinkhornDivergence(transport);
      return { ...chosen, loss: sinkhorn, sinkhorn };
    }
    case 'hausdorff':
      return { ...chosen, loss: hausdorffDivergence({ ...transport, tolerance: named ?? undefined }) };
    case 'energy':
      return { ...chosen, loss: energyDistance(common) };
    case 'gaussian':
      return { ...chosen, loss: gaussianMmd({ ...common, blur }) };
    case 'laplacian':
      return { ...chosen, loss: laplacianMmd({ ...common, blur }) };
  }
}

function describe(name: Parameter, value: number | null, isDefaultBlur: boolean): string {
  if (name === 'reach') return value === null ? 'balanced' : `reach ${formatNumber(value)}`;
  if (name === 'tolerance') return value === null ? 'annealing only' : `tolerance ${formatNumber(value)}`;
  const shown = formatNumber(value as number);
  return name === 'blur' ? `blur ${shown}${isDefaultBlur ? ' (5 % of the diameter)' : ''}` : `${name} = ${shown}`;
}

/** What every command wants of a solution. */
export interface ValueAndGradient {
  readonly value: number;
  /** With respect to A. */
  readonly gradient: MeasureGradient;
  readonly diagnostics: Diagnostics;
}

/** Takes value, gradient and diagnostics out of a solution. */
export async function valueAndGradient(solution: Solution<number>): Promise<ValueAndGradient> {
  const { x } = await solution.gradients('x');
  if (!x) throw new Error('the gradient with respect to x was asked for and did not come');
  return { value: solution.value, gradient: x, diagnostics: solution.diagnostics };
}
