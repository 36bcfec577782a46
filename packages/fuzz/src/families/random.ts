/** Random numbers that depend on a seed alone (Tommy Ettinger's mulberry32). */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  between(least: number, most: number): number;
  /** Uniform in the logarithm. */
  logarithmic(least: number, most: number): number;
  /** A whole number, both ends among them. */
  whole(least: number, most: number): number;
  normal(): number;
  pick<T>(choices: readonly T[]): T;
  shuffled(count: number): number[];
}

/** @param family - Names what they are for: each has its own. */
export function random(seed: number, index: number, family = ''): Random {
  // Neighbours must not be alike: all are stirred.
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  for (const letter of family) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + (most - least) * uniform();
  const whole = (least: number, most: number) => least + Math.floor(uniform() * (most - least + 1));
  return {
    uniform,
    between,
    whole,
    logarithmic: (least, most) => Math.exp(between(Math.log(least), Math.log(most))),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (choices) => choices[whole(0, choices.length - 1)],
    shuffled(count) {
      const order = Array.from({ length: count }, (_, index) => index);
      for (let last = count - 1; last > 0; last--) {
        const other = whole(0, last);
        [order[last], order[other]] = [order[other], order[last]];
      }
      return order;
    },
  };
}
