import { checkRunOptions, formula } from '@sinkhorn/core';
import { type Backend, type CallOptions, type Diagnostics, sinkhornDivergence } from '@sinkhorn/losses';
import { checkBackend, checkNames, checkPositive } from '@sinkhorn/losses/extend';
import { applyTable, type ColourTable } from './colourTable.js';
import { type Bytes, checkImage, type Image } from './image.js';
import { type Palette, paletteOf } from './palette.js';
import { solveShare } from './solveShare.js';
import { throughColours } from './throughColours.js';

/** How colours are transferred. */
export interface ColourOptions extends CallOptions {
  readonly backend: Backend;
  /** Colours closer than this are mapped alike, where the whole range of red is 1. Default 0.05: smooth skies stay smooth. */
  readonly blur?: number;
  /** How much of the way colours go, from 0, none, to 1, the default. */
  readonly strength?: number;
}

/** A picture in the colours of another. */
export interface ColourTransfer {
  readonly data: Bytes;
  readonly width: number;
  readonly height: number;
  readonly blur: number;
  /** The map of colours, for more pictures and for other programs: red outermost. */
  readonly table: ColourTable;
  readonly diagnostics: Diagnostics;
  /** Another picture mapped alike, such as the next frame. @throws InvalidMeasureError for what is no picture. */
  apply(image: Image): Promise<Bytes>;
}

/** Cells a side that represent colours in the solve: narrower than the default blur, and few enough for every pair. */
const CELLS = 20;
/** Nodes a side of the map: a step is less than the blur. */
const NODES = 33;

/**
 * Gives a picture the colours of another, at full resolution: transport takes the colours of the one onto those of the other, each by the
 * share of the pixels that have it.
 *
 * The map is smooth, as a colour goes where the plan sends it less where a plan of the picture onto itself does, and both are
 * known for any colour, so that neighbours in a gradient stay neighbours and contrast is not lost to the blur. Alpha is kept, and transparent
 * pixels do not count.
 *
 * @throws InvalidMeasureError for what is no picture, or is transparent throughout; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { transferColours } from 'sinkhorn/toolkit';
 *
 * const picture = (colours: number[][]) => ({ data: Uint8ClampedArray.from(colours.flat()), width: colours.length, height: 1 });
 * const grey = picture([[0, 0, 0, 255], [120, 120, 120, 255], [250, 250, 250, 128]]);
 * const sepia = picture([[40, 26, 13, 255], [140, 100, 60, 255], [255, 240, 200, 255]]);
 * const { data } = await transferColours(grey, sepia, { backend: cpu() });
 * if (!(data[4] > data[5] && data[5] > data[6]) || data[11] !== 128) throw new Error(data.join());
 * ```
 */
export async function transferColours(image: Image, reference: Image, options: ColourOptions): Promise<ColourTransfer> {
  checkNames('transferColours', options, ['backend', 'blur', 'strength', 'signal', 'onProgress']);
  const { backend, blur = 0.05, strength = 1, signal, onProgress } = checkRunOptions(options);
  checkBackend('transferColours', backend);
  checkPositive('blur', blur);
  if (strength !== 0) checkPositive('strength', strength);
  let lastPause = performance.now();
  const inTurns = (stage: string) => async (share: number) => {
    if (performance.now() - lastPause < 40) return;
    onProgress?.({ stage, share });
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    lastPause = performance.now();
  };
  onProgress?.({ stage: 'counting colours', share: 0 });
  const x = await paletteOf('image', image, CELLS, inTurns('counting colours'));
  const y = await paletteOf('reference', reference, CELLS, inTurns('counting colours'));
  const solving = 'looking for the transport';
  onProgress?.({ stage: solving, share: 0 });
  const loss = sinkhornDivergence({ backend, blur, onInaccurate: 'ignore' });
  const shareOf = solveShare(blur);
  const { potentials, diagnostics } = await loss.solve(x, y, {
    signal,
    onProgress: onProgress && ((progress) => onProgress({ stage: solving, share: shareOf(progress) })),
  });
  onProgress?.({ stage: 'mapping colours', share: 0 });
  const mapped = async (at: Float64Array) => {
    const to = await meansAt(backend, at, y, potentials.g_ab, blur);
    const from = await meansAt(backend, at, x, potentials.f_aa ?? new Float64Array(x.weights.length), blur);
    return at.map((value, k) => value + strength * (to[k] - from[k]));
  };
  const smooth = { side: NODES, values: await mapped(nodes()) };
  // Between colours that stand alone the map may be steeper than its nodes tell.
  const table = x.isFlat ? throughColours(smooth, x.points, await mapped(x.points)) : smooth;
  const apply = (data: Image['data']) => applyTable(table, data, inTurns('painting'));
  return {
    data: await apply(image.data),
    width: image.width,
    height: image.height,
    blur,
    table,
    diagnostics,
    async apply(other) {
      checkImage('image', other);
      return apply(other.data);
    },
  };
}

function nodes(): Float64Array {
  const at = new Float64Array(3 * NODES ** 3);
  let k = 0;
  for (let red = 0; red < NODES; red++) {
    for (let green = 0; green < NODES; green++) {
      for (let blue = 0; blue < NODES; blue++) {
        for (const value of [red, green, blue]) at[k++] = value / (NODES - 1);
      }
    }
  }
  return at;
}

/** Where a plan sends colours on average, which need not be in it: the mean of its columns by b_j exp((g_j - |x - y_j|^2 / 2) / blur^2). */
async function meansAt(
  backend: Backend,
  at: Float64Array,
  { points, weights }: Palette,
  potential: Float64Array,
  blur: number,
): Promise<Float64Array> {
  const rows = backend.array(at, [at.length / 3, 3]);
  const columns = backend.array(points, [weights.length, 3]);
  const scores = backend.array(
    weights.map((weight, j) => Math.log(weight) + potential[j] / blur ** 2),
    [weights.length, 1],
  );
  const { add, column, mul, row, squaredDistance } = formula;
  const results = backend.reduce({
    kind: 'softmaxMean',
    score: add(
      column('scores'),
      mul(formula.parameter('sharpness'), squaredDistance(row('at', 3), column('points', 3))),
    ),
    value: column('points', 3),
    rows: { at: rows },
    columns: { points: columns, scores },
    parameters: { sharpness: -0.5 / blur ** 2 },
  });
  try {
    return Float64Array.from(await backend.read(results[0]));
  } finally {
    for (const array of [rows, columns, scores, ...results]) backend.release(array);
  }
}
