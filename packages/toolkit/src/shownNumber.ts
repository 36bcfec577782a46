/** A number for people: four significant digits, with an exponent only where it is shorter. */
export function shownNumber(value: number, digits = 4): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(digits - 1).replace('e+', 'e');
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
}
