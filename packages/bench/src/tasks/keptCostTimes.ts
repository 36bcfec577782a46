import { type Backend, column, mul, pair, parameter, row, squaredDistance, sub } from '@sinkhorn/core';
import { type SinkhornSolution, sinkhornDivergence } from '@sinkhorn/losses';
import { onBackend } from '../backends/onBackend.js';
import { counterCloud } from '../clouds/counterCloud.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface KeptCostTimes extends Repetition {
  readonly n: number;
  readonly dimension: number;
  /** The blur in median distances. */
  readonly blur: number;
}

/** Points at a distance of 1 from 0, as embeddings are. */
function onSphere(stream: number, n: number, dimension: number, shift: number) {
  const { points } = counterCloud(stream, n, dimension, shift);
  for (let at = 0; at < points.length; at += dimension) {
    const one = points.subarray(at, at + dimension);
    const length = Math.hypot(...one.map((value) => value - 0.5));
    for (let c = 0; c < dimension; c++) one[c] = (one[c] - 0.5) / length;
  }
  return { points, dimension };
}

/** Times solves that keep costs of pairs and solves that compute them in each pass in turn, and single softmins likewise. */
export function keptCostTimes({ n, dimension, blur, ...repetition }: KeptCostTimes) {
  const [x, y] = [onSphere(1, n, dimension, 0), onSphere(2, n, dimension, 0.5)];
  return onBackend({ name: 'wasm', threads: 1 }, (backend) => {
    const passes = softmins(backend, x.points, y.points, dimension);
    const { streamedPass, keptPass } = inTurn(repetition, {
      streamedPass: passes.streamed,
      keptPass: passes.kept,
    });
    passes.release();
    const lossWith = (costMemory?: number) =>
      sinkhornDivergence({ backend, blur: { median: blur }, method: 'alternating', strategy: 'dense', costMemory });
    // What options need is loaded before the clock starts.
    const solve = (costMemory?: number) => (): SinkhornSolution => lossWith(costMemory).solveSync(x, y);
    const { streamed, kept } = inTurn(repetition, { streamed: solve(0), kept: solve() });
    const perPair = (seconds: readonly number[]) => (1e9 * median(seconds)) / n ** 2;
    return {
      streamedPass: perPair(streamedPass.seconds),
      keptPass: perPair(keptPass.seconds),
      passGain: timeRatio(streamedPass, keptPass),
      passes: streamed.result.diagnostics.reductions,
      streamed: median(streamed.seconds),
      kept: median(kept.seconds),
      gain: timeRatio(streamed, kept),
      memory: (kept.result.diagnostics.costMemory ?? 0) / 1e6,
      difference: Math.abs((kept.result.value as number) / (streamed.result.value as number) - 1),
    };
  });
}

/** One softmin over all pairs, with costs computed in the pass and with costs kept before. */
function softmins(backend: Backend, x: Float64Array, y: Float64Array, dimension: number) {
  const n = x.length / dimension;
  const rows = { x: backend.array(x, [n, dimension]) };
  const columns = { y: backend.array(y, [n, dimension]), h: backend.array(new Float64Array(n), [n, 1]) };
  const cost = mul(0.5, squaredDistance(row('x', dimension), column('y', dimension)));
  const [costs] = backend.pairs?.({ value: cost, rows, columns: { y: columns.y }, parameters: {} }) ?? [];
  const pass = (isKept: boolean) => {
    const inverse = parameter('inverse');
    const score = sub(column('h'), mul(inverse, isKept ? pair('cost') : cost));
    const reduction = { kind: 'logSumExp', score, rows, columns, parameters: { inverse: 2 } } as const;
    return () => {
      const [result] = backend.reduce(isKept ? { ...reduction, pairs: { cost: costs } } : reduction);
      const values = backend.readSync?.(result);
      backend.release(result);
      return values;
    };
  };
  return {
    streamed: pass(false),
    kept: pass(true),
    release() {
      for (const array of [rows.x, columns.y, columns.h, costs]) backend.release(array);
    },
  };
}
