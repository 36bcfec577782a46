/** The cost |d|^p / p of a difference. */
export function lineCost(difference: number, p: number): number {
  if (p === 2) return 0.5 * difference * difference;
  const distance = Math.abs(difference);
  return p === 1 ? distance : distance ** p / p;
}

/** Its derivative, sign(d) |d|^(p - 1): 0 at 0, for p = 1 too. */
export function lineSlope(difference: number, p: number): number {
  if (p === 2) return difference;
  return p === 1 ? Math.sign(difference) : Math.sign(difference) * Math.abs(difference) ** (p - 1);
}
