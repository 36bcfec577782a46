import {
  type Backend,
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from 'sinkhorn';

/** A loss as a form has it: plain data, so that it can be sent to the worker. */
export interface LossChoice {
  readonly kind: LossKind;
  readonly p: 1 | 2;
  readonly blur: number;
  /** Absent: balanced. */
  readonly reach?: number;
}

export type LossKind = 'sinkhorn' | 'transport' | 'hausdorff' | 'energy' | 'gaussian' | 'laplacian';

export const lossLabels: Readonly<Record<LossKind, string>> = {
  sinkhorn: 'Sinkhorn divergence',
  transport: 'Entropic transport',
  hausdorff: 'Hausdorff divergence',
  energy: 'Energy distance',
  gaussian: 'Gaussian MMD',
  laplacian: 'Laplacian MMD',
};

export const lossKinds = Object.keys(lossLabels) as LossKind[];

export function makeLoss(backend: Backend, { kind, p, blur, reach }: LossChoice): Loss {
  switch (kind) {
    case 'sinkhorn':
      return sinkhornDivergence({ backend, p, blur, reach });
    case 'transport':
      return sinkhornDivergence({ backend, p, blur, reach, debias: false });
    case 'hausdorff':
      return hausdorffDivergence({ backend, p, blur, reach });
    case 'energy':
      return energyDistance({ backend });
    case 'gaussian':
      return gaussianMmd({ backend, blur });
    case 'laplacian':
      return laplacianMmd({ backend, blur });
  }
}
