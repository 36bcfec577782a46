/** How ticks are written: numbers with many digits have a prefix of the SI, 50k for 50,000 and 20µ for 0.00002, beyond its prefixes an exponent. */
export function siPrefixed(ticks: readonly number[]): string | undefined {
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest >= 1e27 || (largest > 0 && largest < 1e-24)) return '~e';
  return largest >= 1e4 || (largest > 0 && largest < 1e-3) ? '~s' : undefined;
}
