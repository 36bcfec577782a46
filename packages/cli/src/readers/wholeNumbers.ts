const decimal = /^\s*\+?-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/;

/**
 * Whether a text, whose nearest 64-bit number is `value`, means that number. Beyond 2^53 not every whole number is one: those that
 * are, and texts that a program writes for one, however many digits it gives, are kept; 9007199254740993 would become ...992.
 */
export function isKept(text: string, value: number): boolean {
  if (Math.abs(value) < 2 ** 53 || !Number.isFinite(value)) return true;
  const [, whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? [];
  const [zeros, digits] = [/^0*/, /[1-9].*?(?=0*$)/].map((part) => part.exec(whole + fraction)?.[0] ?? '');
  // A number with decimals is one of reals, which are rounded everywhere.
  if (zeros.length + digits.length > whole.length + Number(exponent)) return true;
  const given = Math.min(101, whole.length + fraction.length - zeros.length);
  return [String(value), value.toExponential(given - 1), String(BigInt(value))].some(
    (kept) => digitsOf(kept) === digits,
  );
}

/** The digits of a number as JavaScript writes it, without the zeros on both ends. */
const digitsOf = (written: string): string => written.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '');

/** What a message says of a whole number that is not kept. */
export const beyond =
  'is beyond 2^53, where 64-bit floats skip whole numbers; subtract an offset, or choose other columns with --columns';
