import type { numpy } from '@jax-js/jax';
import { DIMENSION } from '../clouds/dimension.js';
import type { DenseTools } from './denseTools.js';

/** jax-js on one of its backends, compiled by its `jit`; loaded here, so that other measurements do without. */
export async function jaxTools(
  device: 'wasm' | 'webgpu' = 'wasm',
  dimension = DIMENSION,
): Promise<DenseTools<numpy.Array, numpy.Array>> {
  const { defaultDevice, init, jit, nn, numpy: np } = await import('@jax-js/jax');
  if (!(await init(device)).includes(device)) throw new Error(`jax-js has no ${device} here`);
  defaultDevice(device);

  // Functions take over their arguments: what is needed again is passed as `ref`.
  const points = (values: Float32Array) => np.array(values).reshape([values.length / dimension, dimension]);
  const costs = jit((x: numpy.Array, y: numpy.Array) => {
    const [n, m] = [x.shape[0], y.shape[0]];
    return np.sum(np.square(x.reshape([n, 1, dimension]).sub(y.reshape([1, m, dimension]))), -1).mul(0.5);
  });
  const scores = (matrix: numpy.Array, potential: numpy.Array, epsilon: numpy.Array) => {
    const logWeight = -Math.log(matrix.shape[1]);
    return potential.div(epsilon.ref).add(logWeight).sub(matrix.div(epsilon));
  };
  const softmin = (matrix: numpy.Array, potential: numpy.Array, epsilon: numpy.Array) =>
    nn
      .logsumexp(scores(matrix, potential, epsilon.ref), 1)
      .mul(epsilon)
      .neg();
  const compiled = {
    softmin: jit(softmin),
    average: jit((matrix: numpy.Array, potential: numpy.Array, previous: numpy.Array, epsilon: numpy.Array) =>
      previous.add(softmin(matrix, potential, epsilon)).mul(0.5),
    ),
    plan: jit((matrix: numpy.Array, potential: numpy.Array, epsilon: numpy.Array) => {
      const score = scores(matrix, potential, epsilon.ref);
      const total = nn.logsumexp(score.ref, 1, { keepdims: true });
      return [np.exp(score.sub(total.ref)), total.mul(epsilon).neg()] as const;
    }),
  };
  // As arrays: a number would be compiled in.
  const array = (epsilon: number) => np.array([epsilon]);
  const read = (values: numpy.Array) => values.ref.dataSync() as Float32Array;
  // Left to queue up, operations hold the memory of all that is between them. A GPU is waited for by `ready` instead.
  const settled = (values: numpy.Array) => {
    if (device === 'wasm') read(values);
    return values;
  };
  return {
    costs: (rows, columns) => costs(points(rows), points(columns)),
    softmin: (matrix, potential, epsilon) =>
      settled(compiled.softmin(matrix.ref, potential?.ref ?? np.zeros([matrix.shape[1]]), array(epsilon))),
    average: (matrix, potential, previous, epsilon) =>
      settled(compiled.average(matrix.ref, potential.ref, previous.ref, array(epsilon))),
    gradient: (matrix, potential, epsilon, { rows, columns }) => {
      const [plan, softmin] = compiled.plan(matrix.ref, potential.ref, array(epsilon));
      const mean = np.matmul(plan, points(columns));
      return {
        potential: softmin.reshape([matrix.shape[0]]),
        gradient: points(rows).sub(mean).div(matrix.shape[0]),
      };
    },
    read,
    readLater: async (values) => (await values.ref.data()) as Float32Array,
    async ready(values) {
      await values.blockUntilReady();
    },
    free: (values) => values.dispose(),
  };
}
