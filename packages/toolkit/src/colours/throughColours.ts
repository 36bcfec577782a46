import type { ColourTable } from './colourTable.js';

/** Each round looks at all colours once. Colours that share no node need one. */
const ROUNDS = 30;
/** Ends where no colour is off by more: a quarter of what a byte tells. */
const CLOSE = 0.25 / 255;

/**
 * The table nearest to a given one that takes colours, [N, 3] from 0 to 1, to their aims, as far as its nodes allow: each colour in turn moves
 * the nodes around it by as little as it can (Kaczmarz 1937).
 */
export function throughColours(table: ColourTable, colours: Float64Array, aims: Float64Array): ColourTable {
  const { side } = table;
  const values = table.values.slice();
  for (let round = 0; round < ROUNDS; round++) {
    let farthest = 0;
    for (let k = 0; k < colours.length; k += 3) {
      const { places, shares } = nodesAround(side, colours.subarray(k, k + 3));
      const squares = shares.reduce((sum, share) => sum + share ** 2, 0);
      for (let c = 0; c < 3; c++) {
        const off = aims[k + c] - places.reduce((sum, place, n) => sum + shares[n] * values[place + c], 0);
        for (const [n, place] of places.entries()) values[place + c] += (off * shares[n]) / squares;
        farthest = Math.max(farthest, Math.abs(off));
      }
    }
    if (farthest < CLOSE) break;
  }
  return { side, values };
}

/** Where the values of the eight nodes around a colour begin, and the share that each has of it. */
function nodesAround(side: number, colour: Float64Array): { readonly places: number[]; readonly shares: number[] } {
  let [places, shares] = [[0], [1]];
  for (const value of colour) {
    const below = Math.min(side - 2, Math.floor(value * (side - 1)));
    const above = value * (side - 1) - below;
    places = places.flatMap((place) => [place * side + below, place * side + below + 1]);
    shares = shares.flatMap((share) => [share * (1 - above), share * above]);
  }
  return { places: places.map((place) => 3 * place), shares };
}
