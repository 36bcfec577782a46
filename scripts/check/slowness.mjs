/**
 * How many times slower this machine is than the one on which the limits of time were set. Limits are multiplied by it,
 * so that a slow machine passes what a fast one passes.
 */

/** Processor time of `workload` on the machine where the limits were set, in milliseconds (Node 20, AMD EPYC, 2 cores). */
const REFERENCE_MS = 18;
const REPEATS = 9;
/** Every process of a check takes the number that the first one measured. */
const VARIABLE = 'SINKHORN_SLOWNESS';

/** At least 1: a faster machine gets the same limits. */
export function slowness() {
  process.env[VARIABLE] ??= String(measure());
  const given = Number(process.env[VARIABLE]);
  if (!(given >= 1))
    throw new Error(`${VARIABLE} is '${process.env[VARIABLE]}': give a number, 1 or more, or unset it.`);
  return given;
}

/**
 * A limit of time on this machine, in whole milliseconds: Node takes no others.
 * @param {number} milliseconds the limit on the machine where limits were set
 */
export function stretched(milliseconds) {
  return Math.ceil(milliseconds * slowness());
}

/** The best of some runs, in processor time: what else runs on the machine counts for little then. */
function measure() {
  const times = Array.from({ length: REPEATS }, () => {
    const before = process.cpuUsage();
    workload();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.max(1, Math.min(...times) / REFERENCE_MS);
}

/** Log-sum-exps over pairs, as the tests compute most of the time. */
function workload() {
  const points = Float64Array.from({ length: 1200 }, (_, index) => Math.sin(index));
  let total = 0;
  for (const x of points) {
    let sum = 0;
    for (const y of points) sum += Math.exp(-((x - y) ** 2));
    total += Math.log(sum);
  }
  return total;
}
