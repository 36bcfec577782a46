import { doubleDouble } from '@sinkhorn/fuzz';
import { describe, expect, it } from 'vitest';

const { add, divide, exp, expm1, from, log, multiply, negate, ONE, squareRoot, subtract, toNumber } = doubleDouble;
type DoubleDouble = doubleDouble.DoubleDouble;

/** The number that stands in decimal digits. */
function decimal(text: string): DoubleDouble {
  const [whole, fraction] = text.split('.');
  let value = from(Number(whole));
  let unit = ONE;
  for (const digit of fraction) {
    unit = divide(unit, from(10));
    value = add(value, multiply(from(Number(digit)), unit));
  }
  return value;
}

const expectSame = (value: DoubleDouble, wanted: DoubleDouble, digits = 30) =>
  expect(Math.abs(toNumber(subtract(value, wanted)) / wanted.hi)).toBeLessThan(10 ** -digits);

describe('double-double numbers', () => {
  it('keep what doubles lose', () => {
    expect(toNumber(subtract(add(from(1), from(1e-25)), ONE))).toBe(1e-25);
    const third = divide(ONE, from(3));
    expectSame(multiply(third, from(3)), ONE);
  });

  it('have functions to 30 digits', () => {
    expectSame(exp(ONE), decimal('2.71828182845904523536028747135266249'));
    expectSame(log(from(10)), decimal('2.30258509299404568401799145468436420'));
    expectSame(squareRoot(from(2)), decimal('1.41421356237309504880168872420969807'));
    expectSame(exp(from(-300)), divide(ONE, exp(from(300))), 28);
    expectSame(log(exp(from(-123.456))), from(-123.456));
  });

  it('have exp(x) - 1 to all digits near 0', () => {
    const x = 1e-12;
    const series = add(from(x), multiply(from(0.5), multiply(from(x), from(x))));
    expectSame(expm1(from(x)), add(series, from(x ** 3 / 6)));
    expectSame(expm1(negate(from(2))), subtract(exp(from(-2)), ONE));
  });
});
