import type { ReductionKind } from '@sinkhorn/core';
import type { Component } from './formulaCode.js';
import { logSumExpOf, minimumOf } from './results.js';
import { FLOOR, HIGHEST, LOWEST } from './wgsl.js';

/** What is done with vectors of four columns: the code of a kind of reduction, for the rows of the thread. */
export interface Reducer {
  /** Before the first column. */
  begin(row: number): readonly string[];
  /** Before the first column of a tile. */
  beginTile(row: number): readonly string[];
  /** What keeps columns beyond the last from counting, of a vector in which `inside` tells which are not beyond. */
  mask(vector: number, inside: string): readonly string[];
  /** Of each row a score for each vector of columns. */
  score(scores: readonly (readonly string[])[]): readonly string[];
  /** For a component of the value, one vector for each vector of columns. */
  value(row: number, component: number, texts: readonly string[]): readonly string[];
  /** After the last column of a tile. */
  endTile(row: number): readonly string[];
  /** What partial results consist of, as names. */
  state(row: number): { readonly shared: readonly string[]; readonly values: readonly string[] };
  /** Declares the results of a row. */
  end(row: number): readonly string[];
  main(component: Component, row: number): string;
  second(row: number): string | undefined;
}

/** What the vectors of columns of a reducer are. */
export interface ReducerVectors {
  /** Where each begins. */
  readonly columns: readonly string[];
  /** Whether a tile has no more columns than these: then nothing is kept for the tile. */
  readonly whole: boolean;
}

/** Functions that add a term to a sum, which goes with what it lost so far, and that add up four columns. */
export const SUMS = `
fn added(sum: vec2<f32>, term: f32) -> vec2<f32> {
  let corrected = term - sum.y;
  let total = sum.x + corrected;
  return vec2<f32>(total, (total - sum.x) - corrected);
}
fn across(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }`;

export function reducer(kind: ReductionKind, values: number, vectors: ReducerVectors): Reducer {
  switch (kind) {
    case 'logSumExp':
    case 'softmaxMean':
      return softmaxReducer(values, vectors);
    case 'sum':
      return sumReducer(values, vectors);
    case 'min':
      return minimumReducer(vectors);
  }
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const among = (operator: 'min' | 'max', texts: readonly string[]) =>
  texts.reduce((left, right) => `${operator}(${left}, ${right})`);

/** Sums over a tile, which are then added to those over all tiles; a tile that is seen at once needs none of its own. */
function tileSums({ whole }: ReducerVectors) {
  const tile = (name: string) => `tile${name}`;
  return {
    begin: (name: string) => [`var ${name} = vec2<f32>();`],
    beginTile: (name: string) => (whole ? [] : [`var ${tile(name)} = vec4<f32>();`]),
    rescale: (name: string, factor: string) =>
      whole ? [`${name} *= ${factor};`] : [`${name} *= ${factor};`, `${tile(name)} *= ${factor};`],
    add: (name: string, text: string) => [
      whole ? `${name} = added(${name}, across(${text}));` : `${tile(name)} += ${text};`,
    ],
    endTile: (name: string) => (whole ? [] : [`${name} = added(${name}, across(${tile(name)}));`]),
  };
}

/**
 * Scores come in powers of two. The largest so far is found for all columns at hand: it rises a few times in the
 * beginning and then hardly ever, so that sums are rescaled in a branch that is seldom taken.
 */
function softmaxReducer(values: number, vectors: ReducerVectors): Reducer {
  const parts = range(values);
  const sums = tileSums(vectors);
  const each = range(vectors.columns.length);
  const namesOf = (r: number) => [`Total${r}`, ...parts.map((k) => `Sum${r}x${k}`)];
  return {
    begin: (r) => [`var largest${r} = ${FLOOR};`, ...namesOf(r).flatMap(sums.begin)],
    beginTile: (r) => namesOf(r).flatMap(sums.beginTile),
    mask: (g, inside) => [`let beyond${g} = select(vec4<f32>(${LOWEST}), vec4<f32>(), ${inside});`],
    score: (scores) => [
      ...scores.flatMap((texts, r) => texts.map((text, g) => `let score${r}x${g} = ${text} + beyond${g};`)),
      ...scores.flatMap((_, r) => [
        `let four${r} = ${among(
          'max',
          each.map((g) => `score${r}x${g}`),
        )};`,
        `let pair${r} = max(four${r}.xy, four${r}.zw);`,
        `let now${r} = max(largest${r}, max(pair${r}.x, pair${r}.y));`,
      ]),
      // One branch for all rows: branches cost more than factors of 1.
      `if (${scores.map((_, r) => `now${r} > largest${r}`).join(' || ')}) {`,
      ...scores.flatMap((_, r) => [
        `  let factor${r} = exp2(max(largest${r} - now${r}, -200.0f));`,
        `  largest${r} = now${r};`,
        ...namesOf(r)
          .flatMap((name) => sums.rescale(name, `factor${r}`))
          .map((line) => `  ${line}`),
      ]),
      '}',
      ...scores.flatMap((_, r) => each.map((g) => `let weight${r}x${g} = exp2(score${r}x${g} - largest${r});`)),
      ...scores.flatMap((_, r) => sums.add(`Total${r}`, each.map((g) => `weight${r}x${g}`).join(' + '))),
    ],
    value: (r, k, texts) => sums.add(`Sum${r}x${k}`, texts.map((text, g) => `weight${r}x${g} * ${text}`).join(' + ')),
    endTile: (r) => namesOf(r).flatMap(sums.endTile),
    state: (r) => ({ shared: [`largest${r}`, `Total${r}.x`], values: parts.map((k) => `Sum${r}x${k}.x`) }),
    end: (r) => [
      `let logSumExp${r} = ${logSumExpOf(`largest${r}`, `Total${r}.x`)};`,
      // The column with the largest score alone has the weight 1.
      ...parts.map((k) => `let mean${r}x${k} = Sum${r}x${k}.x / max(Total${r}.x, 0.5f);`),
    ],
    main: (component, r) => (values > 0 ? `mean${r}x${component}` : `logSumExp${r}`),
    second: (r) => `logSumExp${r}`,
  };
}

function sumReducer(values: number, vectors: ReducerVectors): Reducer {
  const parts = range(values);
  const sums = tileSums(vectors);
  const namesOf = (r: number) => parts.map((k) => `Sum${r}x${k}`);
  return {
    begin: (r) => namesOf(r).flatMap(sums.begin),
    beginTile: (r) => namesOf(r).flatMap(sums.beginTile),
    mask: (g, inside) => [`let within${g} = select(vec4<f32>(), vec4<f32>(1.0f), ${inside});`],
    score: () => [],
    value: (r, k, texts) => sums.add(`Sum${r}x${k}`, texts.map((text, g) => `within${g} * ${text}`).join(' + ')),
    endTile: (r) => namesOf(r).flatMap(sums.endTile),
    state: (r) => ({ shared: [], values: parts.map((k) => `Sum${r}x${k}.x`) }),
    end: () => [],
    main: (component, r) => `Sum${r}x${component}.x`,
    second: () => undefined,
  };
}

/** Beyond the last column the last one is seen again, which changes nothing. */
function minimumReducer({ columns }: ReducerVectors): Reducer {
  return {
    begin: (r) => [`var least${r} = ${HIGHEST};`, `var index${r} = -1.0f;`],
    beginTile: () => [],
    mask: () => [],
    score: (scores) =>
      scores.flatMap((texts, r) =>
        texts.flatMap((text, g) => [
          `let score${r}x${g} = ${text};`,
          `let pair${r}x${g} = min(score${r}x${g}.xy, score${r}x${g}.zw);`,
          `let now${r}x${g} = min(pair${r}x${g}.x, pair${r}x${g}.y);`,
          // Blocks come in any order: of equal scores the least column counts.
          `if (now${r}x${g} < least${r} || (now${r}x${g} == least${r} && f32(${columns[g]}) < index${r})) {`,
          `  let at = score${r}x${g} == vec4<f32>(now${r}x${g});`,
          `  least${r} = now${r}x${g};`,
          `  index${r} = f32(min(${columns[g]} + select(select(select(3u, 2u, at.z), 1u, at.y), 0u, at.x), end - 1u));`,
          '}',
        ]),
      ),
    value: () => [],
    endTile: () => [],
    state: (r) => ({ shared: [`least${r}`, `index${r}`], values: [] }),
    end: (r) => [`let minimum${r} = ${minimumOf(`least${r}`, `index${r}`)};`],
    main: (_, r) => `minimum${r}`,
    second: (r) => `index${r}`,
  };
}
