/** The Euclidean norm. */
export function norm(numbers: Float64Array): number {
  let total = 0;
  for (const number of numbers) total += number * number;
  return Math.sqrt(total);
}

/** Numbers less the mean of each element of a batch. */
export function centred(numbers: Float64Array, batch: number): Float64Array {
  const count = numbers.length / batch;
  const means = new Float64Array(batch);
  numbers.forEach((number, index) => {
    means[Math.floor(index / count)] += number / count;
  });
  return numbers.map((number, index) => number - means[Math.floor(index / count)]);
}
