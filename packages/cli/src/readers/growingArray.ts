/** Numbers that are pushed one by one: a million rows cost no more than their numbers. */
export interface GrowingArray {
  push(value: number): void;
  /** The numbers so far. */
  finish(): Float64Array;
}

/** 8 MB: small beside a large cloud, and few pieces all the same. */
const blockLength = 1 << 20;

/** Makes an empty growing array; with as many numbers as were `expected`, nothing is copied at the end. */
export function growingArray(expected = 0): GrowingArray {
  const full: Float64Array[] = [];
  let block = new Float64Array(expected || 1024);
  let used = 0;
  return {
    push(value) {
      if (used === block.length) {
        full.push(block);
        block = new Float64Array(Math.min(blockLength, 2 * block.length));
        used = 0;
      }
      block[used++] = value;
    },
    finish() {
      if (full.length === 0) return used === block.length ? block : block.slice(0, used);
      if (full.length === 1 && used === 0) return full[0];
      const all = new Float64Array(full.reduce((sum, { length }) => sum + length, used));
      let at = 0;
      for (const piece of full) {
        all.set(piece, at);
        at += piece.length;
      }
      all.set(block.subarray(0, used), at);
      return all;
    },
  };
}
