import { type Command, InvalidArgumentError } from 'commander';
import { type CallOptions, type LabelledDivergenceOptions, labelledDivergence } from 'sinkhorn';
import { InputError } from '../inputError.js';
import { listNames, shortName } from '../readers/listNames.js';
import type { PointCloud } from '../readers/pointCloud.js';
import { readPoints } from '../readers/readPoints.js';
import { formatNumber } from '../writers/numbers.js';
import type { Comparison } from './comparison.js';
import { number } from './inputs.js';
import type { ChosenLoss, LossOptions } from './lossChoice.js';

/** What it costs to go from one label to another: a number, Gaussians of the classes, or a table in a file. */
type GivenLabelCost = number | 'hilbert' | 'bures' | { readonly file: string };

/** The options on labels of points. */
export interface LabelOptions {
  readonly labels?: string;
  readonly labelCost?: GivenLabelCost;
  readonly labelWeight?: number;
}

/** Adds the options on labels. */
export function addLabelOptions(command: Command): Command {
  return command
    .option(
      '--labels <name>',
      'the column that holds labels, any text: points of other labels are farther away (loss sinkhorn)',
    )
    .option(
      '--label-cost <cost>',
      'what it costs to change the label, in units of the cost of points: a number; hilbert or bures, from means and covariances of the classes (default: hilbert); or a table whose first line names the labels and whose rows come in that order',
      labelCost,
    )
    .option('--label-weight <factor>', 'what costs between labels are multiplied by (default: 1)', labelWeight);
}

function labelCost(text: string): GivenLabelCost {
  if (text === 'hilbert' || text === 'bures') return text;
  const cost = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(cost)) return { file: text };
  if (cost > 0 && cost < Number.POSITIVE_INFINITY) return cost;
  throw new InvalidArgumentError(
    'it must be above 0, hilbert, bures, or the name of a file; to compare without labels leave out --labels.',
  );
}

function labelWeight(text: string): number {
  const weight = number(text);
  if (weight > 0) return weight;
  throw new InvalidArgumentError('it must be above 0; to compare without labels leave out --labels.');
}

/** What a comparison of labelled points cannot have, and why. */
const WITHOUT_LABELS = {
  permutations: 'a test of labelled points is not there',
  plot: 'a picture does not show labels',
  spacing: 'nodes of grids have no labels',
  metric: 'distances along the axes do not go with labels',
} as const;

/** Refuses what does not go with labels, before files are read. */
export function checkLabelOptions(
  options: LabelOptions &
    Pick<LossOptions, 'loss' | 'blur'> & { readonly [name in keyof typeof WITHOUT_LABELS]?: unknown },
): void {
  if (options.labels === undefined) {
    if (options.labelCost !== undefined)
      throw new InputError('--label-cost: say which column holds labels with --labels');
    if (options.labelWeight !== undefined) {
      throw new InputError('--label-weight: say which column holds labels with --labels');
    }
    return;
  }
  if (options.loss !== 'sinkhorn') throw new InputError('--labels: they are for the loss sinkhorn; leave out --loss');
  if (typeof options.blur === 'object') {
    throw new InputError('--blur: a part of the median distance does not count labels; give a length');
  }
  const names = Object.keys(WITHOUT_LABELS) as (keyof typeof WITHOUT_LABELS)[];
  const wrong = names.find((name) => options[name] !== undefined);
  if (wrong !== undefined) throw new InputError(`--labels: ${WITHOUT_LABELS[wrong]}; leave out --${wrong}`);
}

/** The Sinkhorn divergence of labelled points, as it was asked for. */
export interface LabelledLoss {
  /** The loss for people and for --json; its values are no lengths. */
  readonly chosen: ChosenLoss;
  solve(
    needsPlan: boolean,
    call: CallOptions,
  ): Promise<Pick<Comparison, 'value' | 'gradient' | 'diagnostics' | 'transport' | 'labels'>>;
}

/**
 * Makes the Sinkhorn divergence of two labelled clouds.
 *
 * @param note - tells the user what they should know.
 * @throws InputError where the table of costs does not name a label.
 */
export async function labelledLoss(
  [a, b]: readonly [PointCloud, PointCloud],
  { lengthOf: _, ...chosen }: ChosenLoss,
  { labelCost: given = 'hilbert', labelWeight }: LabelOptions,
  note: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<LabelledLoss> {
  const table = typeof given === 'object' ? await readCosts(given.file, signal) : undefined;
  const known = table?.columns ?? [...new Set([...labelsOf(a), ...labelsOf(b)])];
  const codes = new Map(known.map((name, code) => [name, code]));
  const measures = [a, b].map((cloud) => ({ ...cloud, labels: codesOf(cloud, codes, table?.file) }));
  const inA = new Set(labelsOf(a));
  if (!labelsOf(b).some((label) => inA.has(label))) {
    note(`no label of ${b.file} is one of ${a.file}; are they written alike in both?`);
  }
  const cost = table?.points ?? (typeof given === 'number' ? allAlike(known.length, given) : given);
  const loss = labelledDivergence({
    ...chosen.sinkhorn,
    labelCost: cost,
    ...(labelWeight !== undefined && { labelWeight }),
  } as LabelledDivergenceOptions);
  const words = typeof given === 'object' ? `those of ${given.file}` : given;
  return {
    chosen: {
      ...chosen,
      parameters: {
        ...chosen.parameters,
        labelCost: typeof given === 'object' ? given.file : given,
        labelWeight: labelWeight ?? 1,
      },
      summary: `${chosen.summary}, costs between labels ${words}${labelWeight === undefined ? '' : ` times ${formatNumber(labelWeight)}`}`,
    },
    async solve(needsPlan, call) {
      const solution = await loss.solve(measures[0], measures[1], call);
      const { x } = await solution.gradients('x', call);
      const { labelEigenvalue } = solution.diagnostics;
      if (labelEigenvalue < -ROUNDING) {
        note(
          `the costs between labels are no kernel at this blur (least eigenvalue ${formatNumber(labelEigenvalue)}), so that the value may be below 0; take --label-cost hilbert or a larger --blur`,
        );
      }
      const found = { value: solution.value, gradient: x, diagnostics: solution.diagnostics };
      if (!needsPlan) return found;
      const [targets, sources] = [
        await solution.plan.barycentricMap(call),
        await solution.plan.transpose().barycentricMap(call),
      ];
      const brought = await solution.transferLabels(call);
      return {
        ...found,
        transport: { targets, sources },
        labels: { source: labelsOf(a), target: Array.from(brought.labels, (code) => known[code] ?? '') },
      };
    },
  };
}

/** An eigenvalue that is this much below 0 is rounding. */
const ROUNDING = 1e-12;

function labelsOf({ labels, file }: PointCloud): readonly string[] {
  if (!labels) throw new InputError(`${file}: files of this kind have no column of labels`);
  return labels;
}

function codesOf(cloud: PointCloud, codes: ReadonlyMap<string, number>, table: string | undefined): number[] {
  return labelsOf(cloud).map((label, row) => {
    const code = codes.get(label);
    if (code !== undefined) return code;
    throw new InputError(
      `${table}: there is no column for the label "${shortName(label)}" of row ${row + 1} of ${cloud.file}; its labels are ${listNames([...codes.keys()])}`,
    );
  });
}

const allAlike = (count: number, cost: number): Float64Array =>
  Float64Array.from({ length: count * count }, (_, k) => (k % (count + 1) === 0 ? 0 : cost));

/** A square table of costs, with the labels as its header. */
async function readCosts(file: string, signal: AbortSignal | undefined): Promise<PointCloud> {
  const table = await readPoints(file, { header: 'yes' }, signal);
  if (table.count !== table.dimension) {
    throw new InputError(
      `${file}: it names ${table.dimension} labels and has ${table.count === 1 ? '1 row' : `${table.count} rows`}; give one row for each, in the order of its first line`,
    );
  }
  return table;
}
