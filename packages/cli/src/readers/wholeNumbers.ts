const whole = /^\s*\+?(-?\d+)(\.0*)?\s*$/;

/**
 * Whether a text, whose nearest 64-bit number is `value`, means that number. Beyond 2^53 not every whole number is one: those that
 * are, and the shortest text that JavaScript writes for one, are kept; 9007199254740993 would become ...992.
 */
export function isKept(text: string, value: number): boolean {
  const digits = whole.exec(text)?.[1];
  if (Math.abs(value) < 2 ** 53 || !Number.isFinite(value) || digits === undefined) return true;
  const meant = BigInt(digits);
  return meant === BigInt(value) || String(meant) === String(value);
}

/** What a message says of a whole number that is not kept. */
export const beyond =
  'is beyond 2^53, where 64-bit floats skip whole numbers; subtract an offset, or choose other columns with --columns';
