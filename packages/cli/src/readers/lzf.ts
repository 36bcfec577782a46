import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../inputError.js';

const bytesAtOnce = 1 << 22;

/** Unpacks what the LZF algorithm packed, as in compressed PCD files; npm has only bindings to C that need a compiler. */
export async function lzf(file: string, packed: Uint8Array, length: number, signal?: AbortSignal): Promise<Buffer> {
  const damaged = (): InputError => new InputError(`${file}: its compressed data are damaged`);
  // No byte of LZF unpacks to more than 264: a header cannot ask for room that the data do not fill.
  if (length > packed.length * 264) throw damaged();
  const out = Buffer.alloc(length);
  let [from, to, turn] = [0, 0, bytesAtOnce];
  while (from < packed.length) {
    if (to > turn) {
      turn = to + bytesAtOnce;
      await nextTurn();
      signal?.throwIfAborted();
    }
    const control = packed[from++];
    if (control < 32) {
      const end = from + control + 1;
      if (end > packed.length || to + control + 1 > length) throw damaged();
      while (from < end) out[to++] = packed[from++];
      continue;
    }
    let run = control >> 5;
    if (run === 7) run += packed[from++] ?? 0;
    let back = to - ((control & 31) << 8) - 1 - (packed[from++] ?? Number.POSITIVE_INFINITY);
    if (!(back >= 0) || to + run + 2 > length) throw damaged();
    for (let k = run + 2; k > 0; k--) out[to++] = out[back++];
  }
  if (to !== length) throw damaged();
  return out;
}
