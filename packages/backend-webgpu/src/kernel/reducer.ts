import type { ReductionKind } from '@sinkhorn/core';
import type { Component } from './formulaCode.js';
import { logSumExpOf, minimumOf } from './results.js';
import { HIGHEST, LOWEST } from './wgsl.js';

/** What is done with a chunk of four columns: the code of a kind of reduction, for one row of the thread. */
export interface Reducer {
  /** Before the first column. */
  begin(row: number): readonly string[];
  /** Before the first column of a tile. */
  beginTile(row: number): readonly string[];
  /** Four columns; where some of them are beyond the last, `inside` tells which are not. */
  score(row: number, score: string): readonly string[];
  values(row: number, values: readonly string[]): readonly string[];
  /** After the last column of a tile. */
  endTile(row: number): readonly string[];
  /** What partial results consist of, as names. */
  state(row: number): { readonly shared: readonly string[]; readonly values: readonly string[] };
  /** Declares the results of a row. */
  end(row: number): readonly string[];
  main(component: Component, row: number): string;
  second(row: number): string | undefined;
}

/** Functions that add a term to a sum, which goes with what it lost so far, and that add up four columns. */
export const SUMS = `
fn added(sum: vec2<f32>, term: f32) -> vec2<f32> {
  let corrected = term - sum.y;
  let total = sum.x + corrected;
  return vec2<f32>(total, (total - sum.x) - corrected);
}
fn across(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }`;

export function reducer(kind: ReductionKind, values: number): Reducer {
  switch (kind) {
    case 'logSumExp':
    case 'softmaxMean':
      return softmaxReducer(values);
    case 'sum':
      return sumReducer(values);
    case 'min':
      return minimumReducer();
  }
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/**
 * Scores come in powers of two. The largest so far is found four columns at a time: it rises a few times in the
 * beginning and then hardly ever, so that sums are rescaled in a branch that is seldom taken.
 */
function softmaxReducer(values: number): Reducer {
  const parts = range(values);
  return {
    begin: (r) => [
      `var largest${r} = ${LOWEST};`,
      `var total${r} = vec2<f32>();`,
      ...parts.map((k) => `var sum${r}x${k} = vec2<f32>();`),
    ],
    beginTile: (r) => [`var tileTotal${r} = vec4<f32>();`, ...parts.map((k) => `var tileSum${r}x${k} = vec4<f32>();`)],
    score: (r, score) => [
      `var score${r} = ${score};`,
      `if (edge) { score${r} = select(vec4<f32>(${LOWEST}), score${r}, inside); }`,
      `let pair${r} = max(score${r}.xy, score${r}.zw);`,
      `let now${r} = max(pair${r}.x, pair${r}.y);`,
      `if (now${r} > largest${r}) {`,
      `  let factor = exp2(max(largest${r} - now${r}, -200.0f));`,
      `  largest${r} = now${r};`,
      `  total${r} *= factor;`,
      `  tileTotal${r} *= factor;`,
      ...parts.flatMap((k) => [`  sum${r}x${k} *= factor;`, `  tileSum${r}x${k} *= factor;`]),
      '}',
      `var weight${r} = exp2(score${r} - largest${r});`,
      `if (edge) { weight${r} = select(vec4<f32>(), weight${r}, inside); }`,
      `tileTotal${r} += weight${r};`,
    ],
    values: (r, texts) => parts.map((k) => `tileSum${r}x${k} += weight${r} * ${texts[k]};`),
    endTile: (r) => [
      `total${r} = added(total${r}, across(tileTotal${r}));`,
      ...parts.map((k) => `sum${r}x${k} = added(sum${r}x${k}, across(tileSum${r}x${k}));`),
    ],
    state: (r) => ({
      shared: [`largest${r}`, `total${r}.x`],
      values: parts.map((k) => `sum${r}x${k}.x`),
    }),
    end: (r) => [
      `let logSumExp${r} = ${logSumExpOf(`largest${r}`, `total${r}.x`)};`,
      // The column with the largest score alone has the weight 1.
      ...parts.map((k) => `let mean${r}x${k} = sum${r}x${k}.x / max(total${r}.x, 0.5f);`),
    ],
    main: (component, r) => (values > 0 ? `mean${r}x${component}` : `logSumExp${r}`),
    second: (r) => `logSumExp${r}`,
  };
}

function sumReducer(values: number): Reducer {
  const parts = range(values);
  return {
    begin: (r) => parts.map((k) => `var sum${r}x${k} = vec2<f32>();`),
    beginTile: (r) => parts.map((k) => `var tileSum${r}x${k} = vec4<f32>();`),
    score: () => [],
    values: (r, texts) => [
      ...parts.map((k) => `var term${r}x${k} = ${texts[k]};`),
      `if (edge) { ${parts.map((k) => `term${r}x${k} = select(vec4<f32>(), term${r}x${k}, inside);`).join(' ')} }`,
      ...parts.map((k) => `tileSum${r}x${k} += term${r}x${k};`),
    ],
    endTile: (r) => parts.map((k) => `sum${r}x${k} = added(sum${r}x${k}, across(tileSum${r}x${k}));`),
    state: (r) => ({ shared: [], values: parts.map((k) => `sum${r}x${k}.x`) }),
    end: () => [],
    main: (component, r) => `sum${r}x${component}.x`,
    second: () => undefined,
  };
}

/** Beyond the last column the last one is seen again, which changes nothing. */
function minimumReducer(): Reducer {
  return {
    begin: (r) => [`var least${r} = ${HIGHEST};`, `var index${r} = -1.0f;`],
    beginTile: () => [],
    score: (r, score) => [
      `let score${r} = ${score};`,
      `let pair${r} = min(score${r}.xy, score${r}.zw);`,
      `let now${r} = min(pair${r}.x, pair${r}.y);`,
      `if (now${r} < least${r}) {`,
      `  least${r} = now${r};`,
      `  let first = select(select(select(3u, 2u, score${r}.z == now${r}), 1u, score${r}.y == now${r}), 0u, score${r}.x == now${r});`,
      `  index${r} = f32(tileStart + chunk * 4u + first);`,
      '}',
    ],
    values: () => [],
    endTile: () => [],
    state: (r) => ({ shared: [`least${r}`, `index${r}`], values: [] }),
    end: (r) => [`let minimum${r} = ${minimumOf(`least${r}`, `index${r}`)};`],
    main: (_, r) => `minimum${r}`,
    second: (r) => `index${r}`,
  };
}
