import {
  type Backend,
  type BlockPattern,
  type DeviceArray,
  type Expression,
  type float32Functions,
  InvalidFormulaError,
  lowered,
  type Reduction,
  type ResolvedReduction,
  resolveReduction,
} from '@sinkhorn/core';
import type { Lanes } from './arithmetic/lanes.js';
import { type CompiledPlan, compilePlan, dispatch, type StoredArray } from './dispatch.js';
import type { Engine } from './engine.js';
import { distanceByProducts } from './kernel/distanceByProducts.js';
import { pairKeeper } from './kernel/pairKeeper.js';
import { withPowersOfTwo } from './kernel/powersOfTwo.js';
import { hoisted } from './kernel/reductionPlan.js';

/** What a backend does with arrays that passes write. */
interface Written {
  computed(shape: readonly number[], run: (main: StoredArray) => void): StoredArray;
  dispatched(
    plan: CompiledPlan,
    reduction: Reduction,
    resolved: ResolvedReduction,
    mainShape: readonly number[],
    secondShape?: readonly number[],
  ): StoredArray[];
  stored(array: DeviceArray): StoredArray;
}

interface KeepingPlan extends CompiledPlan {
  /** Whether rows and columns may be exchanged where both are the same points. */
  readonly isSymmetric: boolean;
}

/** Rows and columns of a block of pairs that are computed in one order only: a multiple of all lanes. Chosen. */
const UPPER_BLOCK = 64;

/** The numbers of a formula for all pairs: of points with themselves each pair once. */
export function keptPairs(
  engine: Engine,
  lanes: Lanes,
  functions: typeof float32Functions,
  { computed, dispatched, stored }: Written,
): NonNullable<Backend['pairs']> {
  const plans = new Map<string, KeepingPlan>();
  return ({ transposed = false, ...given }) => {
    const reduction = lowered({ kind: 'sum', ...given }, functions);
    const { value } = reduction;
    const resolved = resolveReduction(reduction, ['floor', 'where']);
    if (value?.size !== 1) throw new InvalidFormulaError(`a vector of size ${value?.size} is no number of a pair`);
    for (const arrays of [reduction.rows, reduction.columns]) Object.values(arrays).forEach(stored);
    const planFor = (both: boolean): KeepingPlan => {
      const key = `${both}|${resolved.key}`;
      const plan = plans.get(key) ?? keepingPlan(engine, lanes, value, both);
      plans.set(key, plan);
      return plan;
    };
    const { batch, batched, rows, columns } = resolved;
    const shapeOf = (...lengths: number[]) => (batched ? [batch, ...lengths] : lengths);
    const isSelf = Object.entries(reduction.rows).every(([name, array]) => reduction.columns[name] === array);
    const halved = isSelf && !transposed ? planFor(true) : undefined;
    if (halved?.isSymmetric) {
      const upper = { ...reduction, blocks: upperPairs(rows) };
      const run = (main: StoredArray) => dispatch(engine, lanes, halved, upper, resolved, { main, second: main });
      return [computed(shapeOf(rows, rows), run)];
    }
    const other = transposed ? shapeOf(columns, rows) : undefined;
    return dispatched(planFor(transposed), reduction, resolved, shapeOf(rows, columns), other);
  };
}

/** Compiles the kernels that write a formula's value for every pair, and for the exchanged pairs too where `both` are wanted. */
function keepingPlan(engine: Engine, lanes: Lanes, value: Expression, both: boolean): KeepingPlan {
  const byProducts = distanceByProducts(value);
  const formulas = byProducts ? [byProducts.value, byProducts.closeness, value] : [value];
  const plan = hoisted(
    lanes,
    engine.workers !== undefined,
    formulas.map(withPowersOfTwo),
    ([kept, closeness, byDifferences]) => ({
      kind: both ? 'both' : 'one',
      reducer: (context) => pairKeeper(context, both),
      value: kept,
      closeness,
      byDifferences,
    }),
  );
  return { ...compilePlan(engine, plan), isSymmetric: byProducts?.isSymmetric === true };
}

/** The pairs of points with themselves and with those behind them, in blocks. */
export function upperPairs(count: number): BlockPattern {
  const blocks = Math.ceil(count / UPPER_BLOCK);
  const starts = Uint32Array.from({ length: blocks + 1 }, (_, block) => Math.min(count, block * UPPER_BLOCK));
  const columnBlocks: number[] = [];
  const offsets = [0];
  for (let row = 0; row < blocks; row++) {
    for (let column = row; column < blocks; column++) columnBlocks.push(column);
    offsets.push(columnBlocks.length);
  }
  return {
    rowStarts: starts,
    columnStarts: starts,
    offsets: Uint32Array.from(offsets),
    columnBlocks: Uint32Array.from(columnBlocks),
  };
}
