/**
 * Writes row i of the scores h_j + factor c(x_i, y_j) into `scores`, and gives the largest: c is the squared distance for
 * p = 2 and the distance for p = 1.
 */
export type ScoreRow = (
  x: Float64Array,
  y: Float64Array,
  h: Float64Array,
  factor: number,
  i: number,
  scores: Float64Array,
) => number;

/** The loop one would write for an exponent and a dimension. */
export function scoreRow(p: 1 | 2, dimension: number): ScoreRow {
  if (p === 1) {
    if (dimension !== 3) throw new RangeError(`no loop by hand for p = 1 in ${dimension} dimensions`);
    return distance3;
  }
  const byHand = [undefined, squared1, squared2, squared3][dimension];
  return byHand ?? squaredOf(dimension);
}

const squared1: ScoreRow = (x, y, h, factor, i, scores) => {
  const x0 = x[i];
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < h.length; j++) {
    const d0 = x0 - y[j];
    const score = h[j] + factor * (d0 * d0);
    scores[j] = score;
    if (score > largest) largest = score;
  }
  return largest;
};

const squared2: ScoreRow = (x, y, h, factor, i, scores) => {
  const x0 = x[2 * i];
  const x1 = x[2 * i + 1];
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < h.length; j++) {
    const d0 = x0 - y[2 * j];
    const d1 = x1 - y[2 * j + 1];
    const score = h[j] + factor * (d0 * d0 + d1 * d1);
    scores[j] = score;
    if (score > largest) largest = score;
  }
  return largest;
};

const squared3: ScoreRow = (x, y, h, factor, i, scores) => {
  const x0 = x[3 * i];
  const x1 = x[3 * i + 1];
  const x2 = x[3 * i + 2];
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < h.length; j++) {
    const d0 = x0 - y[3 * j];
    const d1 = x1 - y[3 * j + 1];
    const d2 = x2 - y[3 * j + 2];
    const score = h[j] + factor * (d0 * d0 + d1 * d1 + d2 * d2);
    scores[j] = score;
    if (score > largest) largest = score;
  }
  return largest;
};

const distance3: ScoreRow = (x, y, h, factor, i, scores) => {
  const x0 = x[3 * i];
  const x1 = x[3 * i + 1];
  const x2 = x[3 * i + 2];
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < h.length; j++) {
    const d0 = x0 - y[3 * j];
    const d1 = x1 - y[3 * j + 1];
    const d2 = x2 - y[3 * j + 2];
    const score = h[j] + factor * Math.sqrt(d0 * d0 + d1 * d1 + d2 * d2);
    scores[j] = score;
    if (score > largest) largest = score;
  }
  return largest;
};

const squaredOf =
  (dimension: number): ScoreRow =>
  (x, y, h, factor, i, scores) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < h.length; j++) {
      let squared = 0;
      for (let c = 0; c < dimension; c++) {
        const difference = x[dimension * i + c] - y[dimension * j + c];
        squared += difference * difference;
      }
      const score = h[j] + factor * squared;
      scores[j] = score;
      if (score > largest) largest = score;
    }
    return largest;
  };
