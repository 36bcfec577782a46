/**
 * The losses of Feydy et al. 2019 under the paper's own parameters, by way of the conversions in the guide: the paper's
 * cost for p = 2 is |x - y|^2 and its Gaussian kernel exp(-|x - y|^2 / s^2), twice ours and ours at blur s / sqrt 2.
 */
import { energyDistance, gaussianMmd, hausdorffDivergence, laplacianMmd, sinkhornDivergence } from 'sinkhorn';

/** @typedef {'auto' | 'multiscale'} Strategy */

/**
 * @typedef {object} PaperLoss
 * @property {string} group the loss and its p
 * @property {string} parameter what the paper gives it, as text
 * @property {import('sinkhorn').Loss} loss ours
 * @property {number} scale the paper's value over ours
 */

/**
 * @param {import('sinkhorn').Backend} backend
 * @param {{ lengths: readonly number[], kernelLengths: readonly number[], tolerance?: number, lineKernels?: Strategy, cells?: Strategy }} parameters
 *   lineKernels: the strategy of the energy distance and of the Laplacian kernel; cells: that of the Gaussian kernel and of
 *   transport for p = 2
 * @returns {PaperLoss[]}
 */
export function paperLosses(backend, parameters) {
  const { lengths, kernelLengths, tolerance = 1e-3, lineKernels: strategy = 'auto', cells = 'auto' } = parameters;
  /** @type {PaperLoss[]} */
  const losses = [{ group: 'Energy distance', parameter: '', loss: energyDistance({ backend, strategy }), scale: 1 }];
  for (const length of kernelLengths) {
    const loss = gaussianMmd({ backend, blur: length / Math.SQRT2, strategy: cells });
    losses.push({ group: 'Gaussian MMD', parameter: `σ = ${length}`, loss, scale: 1 });
  }
  for (const length of kernelLengths) {
    const loss = laplacianMmd({ backend, blur: length, strategy });
    losses.push({ group: 'Laplacian MMD', parameter: `σ = ${length}`, loss, scale: 1 });
  }
  for (const p of /** @type {const} */ ([1, 2])) {
    const blurOf = (/** @type {number} */ length) => (p === 1 ? length : length / Math.SQRT2);
    for (const length of lengths) {
      const options = { backend, p, blur: blurOf(length), tolerance };
      const transport = { ...options, strategy: p === 2 ? cells : /** @type {const} */ ('auto') };
      const shared = { parameter: p === 1 ? `ε = ${length}` : `ε = ${length}²`, scale: p };
      losses.push(
        { group: `Entropic transport, p = ${p}`, loss: sinkhornDivergence({ ...transport, debias: false }), ...shared },
        { group: `Hausdorff divergence, p = ${p}`, loss: hausdorffDivergence(options), ...shared },
        { group: `Sinkhorn divergence, p = ${p}`, loss: sinkhornDivergence(transport), ...shared },
      );
    }
  }
  return losses;
}
