import type { PairList } from './pairList.js';
import { NO_MASS, partsOf } from './parts.js';
import { largestOf, type Settled } from './settle.js';

/** How many times smaller centring has to make potentials to be done: ordinary plans at tiny blurs have many parts, and nothing to gain. */
const WORTH_CENTRING = 2 ** 8;

/** Potentials of columns, and which part of the measures each row and each column is in. */
export interface Centred {
  readonly g: Float64Array;
  readonly parts: Uint32Array;
}

/**
 * Translates the potentials of each part of the measures, f + c and g - c, so that both are as small as can be, which changes no
 * entry of the plan within a part. Where parts are far from each other, potentials are as large as the costs between them, and all
 * digits of what happens within a part are lost in them.
 *
 * @returns undefined where that gains no digits.
 */
export function centredByPart(list: PairList, { plan, pass }: Settled, g: Float64Array): Centred | undefined {
  const rows = pass.f.length;
  const parts = partsOf(list.pairs, plan, pass.rowMass, pass.columnMass, NO_MASS);
  const nowhere = { least: Number.POSITIVE_INFINITY, largest: Number.NEGATIVE_INFINITY };
  const ranges = Array.from(parts, () => ({ f: nowhere, g: nowhere }));
  for (const [node, part] of parts.entries()) {
    const [side, value] = node < rows ? (['f', pass.f[node]] as const) : (['g', g[node - rows]] as const);
    const { least, largest } = ranges[part][side];
    ranges[part][side] = { least: Math.min(least, value), largest: Math.max(largest, value) };
  }
  const moved = g.map((value, j) => {
    const { f: ofRows, g: ofColumns } = ranges[parts[rows + j]];
    const shift = (ofColumns.least + ofColumns.largest - ofRows.least - ofRows.largest) / 4;
    return Number.isFinite(shift) ? value - shift : value;
  });
  const range = ({ least, largest }: typeof nowhere) => Math.max(0, largest - least);
  const left = ranges.reduce(
    (most, { f: ofRows, g: ofColumns }) => Math.max(most, range(ofRows) + range(ofColumns)),
    0,
  );
  return largestOf(pass.f, g) > WORTH_CENTRING * left ? { g: moved, parts } : undefined;
}
