/**
 * Numbers of about 32 digits, as sums of two doubles (Dekker 1971; Hida, Li and Bailey 2001).
 *
 * A divergence may be 1e-12 of the costs that it is a difference of: doubles alone leave nothing of it.
 */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

/** The relative rounding of one operation, with some room: 2^-104 is 5e-32. */
export const ROUNDING = 1e-31;

export const ZERO: DoubleDouble = { hi: 0, lo: 0 };
export const ONE: DoubleDouble = { hi: 1, lo: 0 };

export const from = (value: number): DoubleDouble => ({ hi: value, lo: 0 });

/** The nearest double. */
export const toNumber = ({ hi, lo }: DoubleDouble): number => hi + lo;

export const negate = ({ hi, lo }: DoubleDouble): DoubleDouble => ({ hi: -hi, lo: -lo });

/** a + b of doubles, without error. */
function exactSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const part = hi - a;
  return { hi, lo: a - (hi - part) + (b - part) };
}

/** As exactSum, where |a| is not below |b|. */
function quickSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return { hi, lo: b - (hi - a) };
}

/** Splits a double into halves of 26 bits, whose products have no error. */
const SPLITTER = 2 ** 27 + 1;

function exactProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const wideA = SPLITTER * a;
  const highA = wideA - (wideA - a);
  const lowA = a - highA;
  const wideB = SPLITTER * b;
  const highB = wideB - (wideB - b);
  const lowB = b - highB;
  return { hi, lo: highA * highB - hi + highA * lowB + lowA * highB + lowA * lowB };
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const high = exactSum(a.hi, b.hi);
  const low = exactSum(a.lo, b.lo);
  const middle = quickSum(high.hi, high.lo + low.hi);
  return quickSum(middle.hi, middle.lo + low.lo);
}

export const subtract = (a: DoubleDouble, b: DoubleDouble): DoubleDouble => add(a, negate(b));

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const { hi, lo } = exactProduct(a.hi, b.hi);
  return quickSum(hi, lo + a.hi * b.lo + a.lo * b.hi);
}

/** Times a power of 2: without error. */
const scale = ({ hi, lo }: DoubleDouble, factor: number): DoubleDouble => ({ hi: hi * factor, lo: lo * factor });

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.hi / b.hi;
  if (!Number.isFinite(first) || first === 0) return from(first);
  const rest = subtract(a, multiply(b, from(first)));
  const second = rest.hi / b.hi;
  const last = subtract(rest, multiply(b, from(second))).hi / b.hi;
  const sum = quickSum(first, second);
  return quickSum(sum.hi, sum.lo + last);
}

export function squareRoot(a: DoubleDouble): DoubleDouble {
  if (a.hi <= 0) return ZERO;
  const root = from(Math.sqrt(a.hi));
  // One step of Newton doubles the digits.
  return add(root, scale(divide(subtract(a, multiply(root, root)), root), 0.5));
}

/** log 2. */
const LOG2: DoubleDouble = { hi: Math.LN2, lo: 2.3190468138462996e-17 };
/** exp(x) - 1 is summed for x / 2^9, where 9 terms leave less than 1e-34. */
const HALVINGS = 9;
const TERMS = 10;
const INVERSES = Array.from({ length: TERMS + 1 }, (_, n) => divide(ONE, from(n)));
/** exp is 0 below, in doubles. */
const UNDERFLOW = -700;

/** exp(r) - 1 for |r| up to about log 2. */
function smallExpm1(r: DoubleDouble): DoubleDouble {
  const x = scale(r, 2 ** -HALVINGS);
  let term = x;
  let sum = x;
  for (let n = 2; n <= TERMS; n++) {
    term = multiply(multiply(term, x), INVERSES[n]);
    sum = add(sum, term);
  }
  for (let step = 0; step < HALVINGS; step++) sum = add(scale(sum, 2), multiply(sum, sum));
  return sum;
}

export function exp(x: DoubleDouble): DoubleDouble {
  if (x.hi < UNDERFLOW) return ZERO;
  if (x.hi > 709) return from(Number.POSITIVE_INFINITY);
  const power = Math.round(x.hi / LOG2.hi);
  const r = subtract(x, multiply(LOG2, from(power)));
  // In two factors: 2^1024 is no double.
  return scale(scale(add(smallExpm1(r), ONE), 2 ** Math.floor(power / 2)), 2 ** Math.ceil(power / 2));
}

/** exp(x) - 1, to all digits near 0 too. */
export const expm1 = (x: DoubleDouble): DoubleDouble => (Math.abs(x.hi) < 0.5 ? smallExpm1(x) : subtract(exp(x), ONE));

export function log(x: DoubleDouble): DoubleDouble {
  if (!(x.hi > 0) || x.hi === Number.POSITIVE_INFINITY) return from(Math.log(x.hi));
  // Twice Newton's step for exp(y) = x: the first one loses digits where x is very small.
  let y = from(Math.log(x.hi));
  for (let step = 0; step < 2; step++) y = add(y, subtract(multiply(x, exp(negate(y))), ONE));
  return y;
}

/** An array of them, as two arrays of doubles. */
export class DoubleDoubles {
  readonly hi: Float64Array;
  readonly lo: Float64Array;

  constructor(readonly length: number) {
    this.hi = new Float64Array(length);
    this.lo = new Float64Array(length);
  }

  static from(values: ArrayLike<number>): DoubleDoubles {
    const result = new DoubleDoubles(values.length);
    result.hi.set(values);
    return result;
  }

  get(index: number): DoubleDouble {
    return { hi: this.hi[index], lo: this.lo[index] };
  }

  set(index: number, { hi, lo }: DoubleDouble): void {
    this.hi[index] = hi;
    this.lo[index] = lo;
  }

  addTo(index: number, value: DoubleDouble): void {
    this.set(index, add(this.get(index), value));
  }

  numbers(): Float64Array {
    return this.hi.map((value, index) => value + this.lo[index]);
  }
}
