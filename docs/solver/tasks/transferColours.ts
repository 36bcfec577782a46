import type { Diagnostics } from 'sinkhorn';
import { type Image, transferColours as transfer } from 'sinkhorn/toolkit';
import type { TaskContext } from '../task';

export interface TransferInput {
  /** The picture to change. */
  readonly picture: Image;
  /** The picture to take colours from. */
  readonly palette: Image;
  readonly blur: number;
}

export interface TransferResult {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly diagnostics: Diagnostics;
}

export interface TransferUpdate {
  readonly stage: string;
  readonly share?: number;
}

/** Gives a picture the colours of another one. */
export async function transferColours(
  { picture, palette, blur }: TransferInput,
  { backend, signal, update }: TaskContext<TransferUpdate>,
): Promise<TransferResult> {
  const { data, diagnostics } = await transfer(picture, palette, {
    backend,
    blur,
    signal,
    onProgress: ({ stage, share }) => void update({ stage, share }),
  });
  return { pixels: Uint8ClampedArray.from(data), diagnostics };
}
