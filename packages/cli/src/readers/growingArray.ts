/** A Float64Array that grows as numbers are pushed: a million rows cost no more than their numbers. */
export interface GrowingArray {
  push(value: number): void;
  /** The numbers so far, without the room to spare. */
  finish(): Float64Array;
}

/** Makes an empty growing array. */
export function growingArray(): GrowingArray {
  let values = new Float64Array(1024);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const larger = new Float64Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    finish: () => values.slice(0, length),
  };
}
