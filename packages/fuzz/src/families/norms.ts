import { energyDistance, formula, gaussianMmd, kernelMmd, type Loss, laplacianMmd } from '@sinkhorn/losses';
import { cauchy, energy, gaussian, kernelNorm, laplacian, type RadialKernel } from '../oracle/kernelNorm.js';
import { resultOf } from '../result.js';
import type { Library, Trial, Truth } from '../trial.js';
import { cloudTrial, isBalanced, measuresOf } from './cloudTrial.js';
import { type Problem, problem } from './problem.js';
import { type Random, random } from './random.js';

/** A kernel norm, as the oracle computes it and as the library does. */
export interface Norm {
  readonly name: string;
  readonly kernel: RadialKernel;
  /** The largest size of the kernel between points of a diameter. */
  readonly size: number;
  loss(backend: Library['backend']): Loss;
}

const { add, div, squaredDistance } = formula;

/** A kernel norm for a problem; where masses differ only those that are positive for all weights. */
export function normFor({ reach, diameter }: Problem, chance: Random): Norm {
  const blur = diameter * chance.logarithmic(1e-3, 1e3);
  // A power of 2 is the same number in any precision.
  const length = 2 ** Math.round(Math.log2(blur));
  const positive: Norm[] = [
    { name: 'gaussian', kernel: gaussian(blur), size: 1, loss: (backend) => gaussianMmd({ backend, blur }) },
    { name: 'laplacian', kernel: laplacian(blur), size: 1, loss: (backend) => laplacianMmd({ backend, blur }) },
    {
      name: 'cauchy',
      kernel: cauchy(length),
      size: 1,
      loss: (backend) =>
        kernelMmd({ backend, kernel: (x, y) => div(1, add(1, div(squaredDistance(x, y), length ** 2))) }),
    },
  ];
  const all: Norm[] = [
    { name: 'energy', kernel: energy, size: diameter, loss: (backend) => energyDistance({ backend }) },
    ...positive,
  ];
  return chance.pick(isBalanced({ reach }) ? all : positive);
}

export function truthOfNorm(problem: Problem, { kernel }: Norm): Truth {
  const { value, valueError, points, weights } = kernelNorm(problem, kernel);
  return { values: [{ value, error: valueError }], points, weights };
}

/** Coordinates of outliers, in diameters. */
const FARTHEST = 1e6;

/** Kernel norms, some of them with a point far away. */
export function norm(seed: number, index: number): Trial {
  const chance = random(seed, index, 'norms');
  const given = problem(seed, index);
  const norm = normFor(given, chance);
  const outlier = chance.uniform() < 0.3 ? chance.logarithmic(10, FARTHEST) : 0;
  const asked = { ...given, x: given.x.slice() };
  if (outlier) asked.x[0] += outlier * given.diameter;
  const plain = cloudTrial(asked);
  return cloudTrial(asked, {
    id: `norms-${given.id}`,
    family: 'norms',
    scales: { ...plain.scales, cost: norm.size * plain.scales.mass, isBalanced: false },
    truth: () => truthOfNorm(asked, norm),
    async solve({ backend }) {
      const { x, ...told } = await norm.loss(backend).valueAndGradients(...measuresOf(asked));
      return resultOf(told, x);
    },
    features: { kernel: norm.name, outlier: outlier ? `1e${Math.floor(Math.log10(outlier))}` : 'none' },
  });
}
