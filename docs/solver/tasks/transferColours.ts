import { type Diagnostics, sinkhornDivergence } from 'sinkhorn';
import type { TaskContext } from '../task';

export interface TransferInput {
  /** Colours of the picture to change: three numbers from 0 to 1 a pixel. */
  readonly colours: Float32Array;
  /** Colours of the picture to take them from. */
  readonly palette: Float32Array;
  readonly blur: number;
}

export interface TransferResult {
  /** Where the plan takes each colour, on average. */
  readonly colours: Float32Array | Float64Array;
  readonly value: number;
  readonly diagnostics: Diagnostics;
}

/** Transports the colours of one picture onto those of another. With many pixels, cells stand for close colours. */
export async function transferColours(
  { colours, palette, blur }: TransferInput,
  { backend, signal, update }: TaskContext<string>,
): Promise<TransferResult> {
  const loss = sinkhornDivergence({ backend, p: 2, blur, debias: false, tolerance: 1e-2 });
  await update('looking for the transport plan');
  const { plan, value, diagnostics } = await loss.solve(
    { points: colours, dimension: 3 },
    { points: palette, dimension: 3 },
    { signal },
  );
  await update('moving every pixel');
  return { colours: await plan.barycentricMap(), value, diagnostics };
}
