// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are pieces of source

/**
 * The bugs that `pnpm run test:mutants` plants, one at a time. Each is one that could well be made, and none that the
 * compiler would find.
 */

/** @typedef {readonly string[]} Tests arguments of one `vitest run` */

/**
 * @typedef {object} Mutant
 * @property {string} name what is wrong, as a sentence
 * @property {string} file the source it is planted in
 * @property {string} find a piece of it that occurs once
 * @property {string} replace what stands in its place
 * @property {readonly Tests[]} tests what may catch it, the likeliest first: the others run where those before found nothing
 */

/**
 * Tests in Node whose paths contain one of these.
 * @param {readonly string[]} paths
 * @returns {Tests}
 */
const node = (...paths) => ['--project', 'node', ...paths];

const FORMULA = node('packages/core/test/formula', 'packages/core/test/backend/resolveReduction');
/** Core's Sinkhorn and Hausdorff solvers, part by part. */
const PARTS = node(
  'packages/core/test/transport',
  'packages/core/test/divergence',
  'packages/core/test/linear',
  'packages/core/test/measure',
);
const TASKS = node('packages/core/test/tasks');
const CELLS = node('packages/core/test/spatial', 'packages/core/test/kernelSum');
const LOSSES = node('packages/losses/test');
const CELLS_OF_LOSSES = node('packages/sinkhorn/test/multiscale.test.ts');
const CELLS_OF_KERNELS = node('packages/sinkhorn/test/multiscaleMmd.test.ts');
const TOOLKIT = node('packages/toolkit/test');
const COMMAND = node('packages/cli/test/command', 'packages/cli/test/writers');
const TFJS = node('packages/tfjs/test');
const TFJS_WEBGPU = ['--project', 'browser', 'packages/tfjs/test/webgpu.browser.test.ts'];

/** The conformance suite on each backend, with the backend's own tests. */
const CPU = [
  '--project',
  'node',
  '--project',
  'reference',
  'packages/backend-cpu/test',
  'packages/conformance/test/cpu.test.ts',
  'packages/conformance/test/cpuSolvers.test.ts',
];
const WASM = ['--project', 'reference', 'packages/backend-wasm/test/conformance.test.ts'];
const WASM_VARIANTS = node('packages/backend-wasm/test/variants.test.ts');
const WEBGPU = ['--project', 'webgpu', 'packages/backend-webgpu/test/conformance.test.ts'];
const WEBGPU_LIMITS = ['--project', 'webgpu', 'packages/backend-webgpu/test/limits.test.ts'];
const GPUJS = node('packages/backend-gpujs/test/conformance.test.ts');
const GPUJS_WEBGL2 = [
  '--project',
  'browser',
  'packages/backend-gpujs/test/kernels.browser.test.ts',
  '--testNamePattern',
  'mode webgl2',
];

/** @type {readonly Mutant[]} */
export const mutants = [
  // core: formulas
  {
    name: 'the derivative of 1 / sqrt(u) has the wrong sign',
    file: 'packages/core/src/formula/derivative.ts',
    find: 'mul(-0.5, mul(node, square(node)))',
    replace: 'mul(0.5, mul(node, square(node)))',
    tests: [FORMULA, CPU],
  },
  {
    name: 'a number that goes with each component of a vector gathers the derivative of one',
    file: 'packages/core/src/formula/derivative.ts',
    find: 'adjoint.size === 1 ? mul(node.size, adjoint) : sum(adjoint)',
    replace: 'adjoint.size === 1 ? adjoint : sum(adjoint)',
    tests: [FORMULA, CPU],
  },
  {
    name: 'the key of a formula lacks the sizes of its variables',
    file: 'packages/core/src/formula/program.ts',
    find: '`${node.side}:${node.name}:${node.size}`',
    replace: '`${node.side}:${node.name}`',
    tests: [FORMULA, CPU],
  },

  // core: Sinkhorn
  {
    name: 'softmins are not damped where mass may be created and destroyed',
    file: 'packages/core/src/marginal/kullbackLeibler/kullbackLeibler.ts',
    find: 'mul(damp(epsilon), softmin)',
    replace: 'mul(damp(mul(0, epsilon)), softmin)',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: "self problems have the first side's reach",
    file: 'packages/core/src/transport/problem.ts',
    find: 'penalty: { x: penalty, y: penalty }',
    replace: 'penalty: problem.penalty',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'the mass that a penalty does not tell from the potential counts half in gradients',
    file: 'packages/core/src/transport/solveTransport.ts',
    find: 'gradient[index] -= more;',
    replace: 'gradient[index] -= more / 2;',
    tests: [PARTS],
  },
  {
    name: "a point's mass is taken whole where the potential alone does not tell how much of it",
    file: 'packages/core/src/transport/softmin.ts',
    find: 'div(sub(potential, softened), epsilon)',
    replace: 'mul(0, div(sub(potential, softened), epsilon))',
    tests: [PARTS],
  },
  {
    name: 'the schedule is a temperature behind',
    file: 'packages/core/src/transport/schedule.ts',
    find: 'next(potentials, epsilon, index',
    replace: 'next(potentials, epsilons[Math.max(0, index - 1)], index',
    tests: [CPU, LOSSES],
  },
  {
    name: 'the schedule updates the second side from what the first one has just become',
    file: 'packages/core/src/transport/iterate.ts',
    find: `        const potentials = chains.map(({ on, side, partner }, k) =>
          softmin(on, side, before[partner], epsilon,`,
    replace: `        const potentials = [...before];
        chains.forEach(({ on, side, partner }, k) =>
          potentials[k] = softmin(on, side, potentials[partner], epsilon,`,
    tests: [CPU, LOSSES],
  },
  {
    name: 'unbalanced potentials are translated the wrong way',
    file: 'packages/core/src/transport/translation.ts',
    find: "{ x: add(row('potential'), SHIFT), y: sub(row('potential'), SHIFT) }",
    replace: "{ x: sub(row('potential'), SHIFT), y: add(row('potential'), SHIFT) }",
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'residuals of balanced problems keep what they have along translations',
    file: 'packages/core/src/transport/translation.ts',
    find: 'if (!penalty.x.balanced || !penalty.y.balanced) return bySide(',
    replace: 'if (penalty.x.rate >= 0) return bySide(',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'Anderson adds to the oldest difference where it is to replace it',
    file: 'packages/core/src/transport/anderson.ts',
    find: 'add(sub(history, mul(slot, history)), change)',
    replace: 'add(history, change)',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'the tolerance is compared with the error of the last side and element alone',
    file: 'packages/core/src/transport/converge.ts',
    find: 'numbers.slice(0, found.length).map((values) => Math.max(...values))',
    replace: 'numbers.slice(found.length - 1, found.length).map((values) => values[values.length - 1])',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'the tolerance of self problems is compared with half a step',
    file: 'packages/core/src/transport/selfPotential.ts',
    find: '-1 / (factor * temperature)',
    replace: '-1 / temperature',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'clouds that differ in their weights alone count as the same',
    file: 'packages/core/src/measure/pair.ts',
    find: ' || compareNumbers(x.weights, y.weights)',
    replace: '',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: "potentials elsewhere take the other side's self potential",
    file: 'packages/core/src/transport/extension.ts',
    find: '[iterates.g_ab, iterates.f_aa] : [iterates.f_ba, iterates.g_bb]',
    replace: '[iterates.g_ab, iterates.g_bb] : [iterates.f_ba, iterates.f_aa]',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: "gradients in weights take the other side's mass of the first element of a batch",
    file: 'packages/core/src/transport/value.ts',
    find: 'otherMasses[Math.floor(index / count)]',
    replace: 'otherMasses[0]',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'shares are of the mass of the first element of a batch',
    file: 'packages/core/src/measure/normalization.ts',
    find: '/= masses[Math.floor(index / count)]',
    replace: '/= masses[0]',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'gradients in counts are those in shares over the mass',
    file: 'packages/core/src/measure/normalization.ts',
    find: '(slope - means[element]) / masses[element]',
    replace: 'slope / masses[element]',
    tests: [LOSSES],
  },
  {
    name: "gradients in points stay in the frame's units",
    file: 'packages/core/src/transport/transfer.ts',
    find: '(index < potentials.length ? energy : energy / length)',
    replace: 'energy',
    tests: [WASM],
  },
  {
    name: 'a marginal of the plan leaves its arrays on the device',
    file: 'packages/core/src/transport/plan.ts',
    find: `    return found;
  } finally {
    space.releaseAll();`,
    replace: `    return found;
  } finally {`,
    tests: [PARTS, CPU],
  },
  {
    name: 'a plan that is turned as a matrix has the columns of one that is not',
    file: 'packages/core/src/transport/densePlan.ts',
    find: '[count, 1] : [1, rowCount]',
    replace: '[count, 1] : [1, count]',
    tests: [PARTS],
  },
  {
    name: 'rows that are read to be put in order come from the first element of a batch',
    file: 'packages/core/src/backend/permuted.ts',
    find: '(element * rows + order[entry % order.length])',
    replace: 'order[entry % order.length]',
    tests: [CPU],
  },

  // core: Hausdorff divergence and kernel norms
  {
    name: 'directions of conjugate gradients are not conjugate',
    file: 'packages/core/src/linear/conjugateGradient.ts',
    find: "quotient('now', 'before')",
    replace: "quotient('before', 'now')",
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: 'half the implicit gradient in the weights is missing',
    file: 'packages/core/src/divergence/hausdorff/hausdorffGradient.ts',
    find: "add(image, mul(0.5, row('mass')))",
    replace: 'image',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: "the gradient in y's weights is taken from sums at the points of x",
    file: 'packages/core/src/divergence/mmd/mmd.ts',
    find: '[xx, xy] : [yy, yx ?? xy]',
    replace: '[xx, xy] : [yy, xy]',
    tests: [PARTS, LOSSES, CPU],
  },
  {
    name: "the blur of kernels is not in the frame's units",
    file: 'packages/core/src/divergence/mmd/mmd.ts',
    find: 'inverseBlur: frame.scale / blur',
    replace: 'inverseBlur: 1 / blur',
    tests: [WASM],
  },

  // core: tasks
  {
    name: 'an abort between two reads is not noticed',
    file: 'packages/core/src/tasks/drivers.ts',
    find: `      await yieldToEvents();
      signal?.throwIfAborted();`,
    replace: '      await yieldToEvents();',
    tests: [TASKS, LOSSES],
  },
  {
    name: 'the items that do not fill a piece are left out',
    file: 'packages/core/src/tasks/chunked.ts',
    find: 'from < count; from += itemsOfChunk',
    replace: 'from + itemsOfChunk <= count; from += itemsOfChunk',
    tests: [TASKS, CELLS],
  },
  {
    name: 'many points are looked at without a place to stop',
    file: 'packages/core/src/tasks/preparing.ts',
    find: 'if (from > 0) yield* preparing();',
    replace: '',
    tests: [LOSSES],
  },

  // core: many points
  {
    name: 'potentials are handed on to the first cell of the next parent too',
    file: 'packages/core/src/spatial/prolong.ts',
    find: 'fine.cells.starts[part] < coarse.cells.starts[cell + 1]',
    replace: 'fine.cells.starts[part] <= coarse.cells.starts[cell + 1]',
    tests: [CELLS, CELLS_OF_LOSSES],
  },
  {
    name: 'merged cells lack the spread of their means',
    file: 'packages/core/src/spatial/cells.ts',
    find: 'addOuter(covariances, cell, dimension, share, finer.means, part, means, cell);',
    replace: '',
    tests: [CELLS, CELLS_OF_LOSSES],
  },
  {
    name: "cells are dropped without regard to the radius of the rows' box",
    file: 'packages/core/src/geometry/truncated/distanceAdmissibility.ts',
    find: 'bounds[k] + rows.radii[node]',
    replace: 'bounds[k]',
    tests: [CELLS, CELLS_OF_LOSSES],
  },
  {
    name: 'blocks of a second range of rows are counted from the first row of all',
    file: 'packages/core/src/spatial/rowRanges.ts',
    find: 'rowStarts.slice(first, end + 1).map((start) => start - from)',
    replace: 'rowStarts.slice(first, end + 1)',
    tests: [CELLS, CELLS_OF_LOSSES, CELLS_OF_KERNELS],
  },
  {
    name: "nodes count as near by the middle of the rows' box along the first axis",
    file: 'packages/core/src/kernelSum/tree/traverseForRows.ts',
    find: 'Math.abs(nodes[record] - x) - nodes[record + 3] - halfX',
    replace: 'Math.abs(nodes[record] - x) - nodes[record + 3]',
    tests: [CELLS, CELLS_OF_KERNELS],
  },
  {
    name: 'slopes of kernel sums on a line have one sign in both directions',
    file: 'packages/core/src/kernelSum/line/lineSums.ts',
    find: 'gradients[order[k]] += direction * sums.slope;',
    replace: 'gradients[order[k]] += sums.slope;',
    tests: [CELLS_OF_KERNELS],
  },

  // backend-cpu
  {
    name: 'cpu: the scores of a log-sum-exp are taken relative to the first one of a tile',
    file: 'packages/backend-cpu/src/accumulator.ts',
    find: '      sums.rescale(row, maximum(scores, count));',
    replace: '      sums.rescale(row, scores[0]);',
    tests: [CPU],
  },
  {
    name: 'cpu: means are summed in float32',
    file: 'packages/backend-cpu/src/accumulator.ts',
    find: 'const means = new Float64Array(rows * size);',
    replace: 'const means = new Float32Array(rows * size);',
    tests: [CPU],
  },
  {
    name: 'cpu: columns that do not fill a tile are left out',
    file: 'packages/backend-cpu/src/reduceElement.ts',
    find: 'start < columnEnd; start += pairs.width',
    replace: 'start + pairs.width <= columnEnd; start += pairs.width',
    tests: [CPU],
  },
  {
    name: 'cpu: a minimum is not finished',
    file: 'packages/backend-cpu/src/reduceElement.ts',
    find: 'if (!resolved.finish) {',
    replace: "if (!resolved.finish || reduction.kind === 'min') {",
    tests: [CPU],
  },

  // backend-wasm
  {
    name: 'wasm: a sum over one column and one over many share their kernel',
    file: 'packages/backend-wasm/src/wasmBackend.ts',
    find: 'map ? `map|${resolved.key}` : resolved.key',
    replace: 'resolved.key',
    tests: [WASM, WASM_VARIANTS],
  },
  {
    name: 'wasm: of equal minima in two tiles the last one is taken',
    file: 'packages/backend-wasm/src/kernel/minimumReducer.ts',
    find: 'lanes.lt(best, before)',
    replace: 'lanes.ge(before, best)',
    tests: [WASM, WASM_VARIANTS],
  },
  {
    name: 'wasm: a tile that begins within a vector takes the columns before it',
    file: 'packages/backend-wasm/src/kernel/pairContext.ts',
    find: 'v128.and(lanes.ge(numbers, low), lanes.lt(numbers, high))',
    replace: 'lanes.lt(numbers, high)',
    tests: [WASM, WASM_VARIANTS],
  },
  {
    name: 'wasm: the last component of a mean is not scaled to a new maximum',
    file: 'packages/backend-wasm/src/kernel/softmaxReducer.ts',
    find: 'sums.scale(tile.state, offset + TOTAL, 1 + valueSize, factor);',
    replace: 'sums.scale(tile.state, offset + TOTAL, Math.max(1, valueSize), factor);',
    tests: [WASM, WASM_VARIANTS],
  },

  // backend-webgpu
  {
    name: 'webgpu: a sum takes the columns that fill up its last vector',
    file: 'packages/backend-webgpu/src/kernel/reducer.ts',
    find: 'select(vec4<f32>(), vec4<f32>(1.0f), ${inside})',
    replace: 'vec4<f32>(1.0f)',
    tests: [WEBGPU],
  },
  {
    name: 'webgpu: the scores of splits are merged without their maximum',
    file: 'packages/backend-webgpu/src/kernel/mergeKernel.ts',
    find: "...eachSplit('largest = max(largest, partials[at]);'),",
    replace: "...eachSplit('largest = partials[at];'),",
    tests: [WEBGPU],
  },
  {
    name: 'webgpu: results in a second buffer are stored as in the first one',
    file: 'packages/backend-webgpu/src/kernel/results.ts',
    find: "+ ${row} - ${header('mainStart')};",
    replace: '+ ${row};',
    tests: [WEBGPU_LIMITS, WEBGPU],
  },

  // backend-gpujs
  {
    name: 'gpujs: a minimum takes columns before its block',
    file: 'packages/backend-gpujs/src/kernel/reducer.ts',
    find: '&& at + ${copy} >= start ?',
    replace: '?',
    tests: [GPUJS, GPUJS_WEBGL2],
  },
  {
    name: 'gpujs: a second run begins anew and forgets the texture of the first one',
    file: 'packages/backend-gpujs/src/kernel/pairKernel.ts',
    find: 'reduce.begin(shape.continues ? previousOf(state) : undefined)',
    replace: 'reduce.begin(undefined)',
    tests: [GPUJS, GPUJS_WEBGL2],
  },
  {
    name: 'gpujs: parts of the columns are merged as if there were no batch',
    file: 'packages/backend-gpujs/src/kernel/mergeKernel.ts',
    find: '((s * elements + element) * rowLines + line)',
    replace: '((s + element) * rowLines + line)',
    tests: [GPUJS, GPUJS_WEBGL2],
  },

  // losses
  {
    name: 'a sum over features has the gradient in weights of the last one',
    file: 'packages/losses/src/sum/sumEngine.ts',
    find: 'addTo(weights, part.weights, weight);',
    replace: 'weights.fill(0), addTo(weights, part.weights, weight);',
    tests: [LOSSES],
  },
  {
    name: 'a combined loss has converged where one of its terms has',
    file: 'packages/losses/src/sum/sumEngine.ts',
    find: "of('converged').every(Boolean)",
    replace: "of('converged').some(Boolean)",
    tests: [LOSSES],
  },

  // tfjs
  {
    name: 'tfjs: gradients are not multiplied by what comes from above',
    file: 'packages/tfjs/src/differentiable.ts',
    find: 'mul(factors, withDerivatives(op, from, gradient, second))',
    replace: 'withDerivatives(op, from, gradient, second)',
    tests: [TFJS],
  },
  {
    name: 'tfjs: on webgpu gradients in weights stay on the device where there are no weights',
    file: 'packages/tfjs/src/onWebgpu.ts',
    find: 'backend.release(gradient.weights);',
    replace: '',
    tests: [TFJS_WEBGPU],
  },

  // toolkit and command
  {
    name: 'the observed value is not one of the shuffles',
    file: 'packages/toolkit/src/permutationTest.ts',
    find: '(1 + atLeast) / (1 + all)',
    replace: 'atLeast / all',
    tests: [TOOLKIT, COMMAND],
  },
  {
    name: 'labels of a block of rows count twice for pairs within it',
    file: 'packages/toolkit/src/kernelSplits.ts',
    find: 'own[index] /= 2',
    replace: 'own[index] /= 1',
    tests: [TOOLKIT],
  },
  {
    name: 'the file of the transport has targets before sources',
    file: 'packages/cli/src/commands/compareOutputs.ts',
    find: 'd < a.dimension ? a.points[i * a.dimension + d] : transport.targets[i * a.dimension + d - a.dimension]',
    replace: 'd < a.dimension ? transport.targets[i * a.dimension + d] : a.points[i * a.dimension + d - a.dimension]',
    tests: [COMMAND],
  },
];
