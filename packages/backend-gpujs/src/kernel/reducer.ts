import type { ReductionKind } from '@sinkhorn/core';
import { HIGHEST, LOWEST } from './literal.js';

/** Columns that are computed together. */
export const COPIES = 4;

/** What is done with four columns at once: the code of a kind of reduction. */
export interface Reducer {
  /** Before the first column; what an earlier run has gathered goes on, where there was one. */
  begin(previous: Previous | undefined): readonly string[];
  /** Before the first column of a tile. */
  beginTile: readonly string[];
  /** Scores of four columns. */
  score(scores: readonly string[]): readonly string[];
  /** Values of four columns, component by component. */
  values(values: readonly (readonly string[])[]): readonly string[];
  /** After the last column of a tile. */
  endTile: readonly string[];
  /** What is handed on: the two numbers for the row, and the components of the value. */
  readonly shared: readonly string[];
  readonly sums: readonly string[];
  /** Declares the results. */
  readonly end: readonly string[];
  main(component: number): string;
  readonly second: string | undefined;
}

/** Code that reads what an earlier run has gathered. */
export interface Previous {
  readonly shared: (index: number) => string;
  readonly sum: (component: number) => string;
}

const columns = Array.from({ length: COPIES }, (_, copy) => copy);

/** A number of a column that may be beyond the last one or before the first: there, what changes nothing. */
const masked = (name: string, copy: number, otherwise: string): string =>
  `${name} = at + ${copy} < end && at + ${copy} >= start ? ${name} : ${otherwise};`;
const atEdges = (lines: readonly string[]): string => `if (at < start || at + ${COPIES} > end) { ${lines.join(' ')} }`;

/** Adds to a sum, which goes with what it has lost so far. */
const added = (sum: string, term: string): readonly string[] => [
  `const term${sum} = ${term} - lost${sum};`,
  `const next${sum} = ${sum} + term${sum};`,
  `lost${sum} = (next${sum} - ${sum}) - term${sum};`,
  `${sum} = next${sum};`,
];

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
  const sums = range(values).map((k) => `sum${k}`);
  const all = ['total', ...sums];
  return {
    begin: (previous) => [
      `let largest = ${previous?.shared(0) ?? LOWEST};`,
      ...all.flatMap((sum, k) => [
        `let ${sum} = ${(k === 0 ? previous?.shared(1) : previous?.sum(k - 1)) ?? '0'};`,
        `let lost${sum} = 0;`,
      ]),
    ],
    beginTile: all.map((sum) => `let tile${sum} = 0;`),
    score: (scores) => [
      ...scores.map((score, c) => `let score${c} = ${score};`),
      atEdges(columns.map((c) => masked(`score${c}`, c, LOWEST))),
      'const most = Math.max(Math.max(score0, score1), Math.max(score2, score3));',
      'if (most > largest) {',
      '  const factor = power2(Math.max(largest - most, -200));',
      '  largest = most;',
      ...all.flatMap((sum) => [`  ${sum} *= factor;`, `  lost${sum} *= factor;`, `  tile${sum} *= factor;`]),
      '}',
      ...columns.map((c) => `let weight${c} = power2(score${c} - largest);`),
      atEdges(columns.map((c) => masked(`weight${c}`, c, '0'))),
      'tiletotal += (weight0 + weight1) + (weight2 + weight3);',
    ],
    values: (texts) =>
      sums.map((sum, k) => {
        const [a, b, c, d] = columns.map((copy) => `weight${copy} * ${texts[k][copy]}`);
        return `tile${sum} += (${a} + ${b}) + (${c} + ${d});`;
      }),
    endTile: all.flatMap((sum) => added(sum, `tile${sum}`)),
    shared: ['largest', 'total'],
    sums,
    end: [
      `const logSumExp = ${logSumExpOf('largest', 'total')};`,
      // The column with the largest score alone has the weight 1.
      ...sums.map((sum, k) => `const mean${k} = ${sum} / Math.max(total, 0.5);`),
    ],
    main: (component) => (values > 0 ? `mean${component}` : 'logSumExp'),
    second: values > 0 ? 'logSumExp' : undefined,
  };
}

function sumReducer(values: number): Reducer {
  const sums = range(values).map((k) => `sum${k}`);
  return {
    begin: (previous) => sums.flatMap((sum, k) => [`let ${sum} = ${previous?.sum(k) ?? '0'};`, `let lost${sum} = 0;`]),
    beginTile: sums.map((sum) => `let tile${sum} = 0;`),
    score: () => [],
    values: (texts) => [
      ...texts.flatMap((four, k) => four.map((text, c) => `let value${k}x${c} = ${text};`)),
      atEdges(texts.flatMap((_, k) => columns.map((c) => masked(`value${k}x${c}`, c, '0')))),
      ...sums.map((sum, k) => `tile${sum} += (value${k}x0 + value${k}x1) + (value${k}x2 + value${k}x3);`),
    ],
    endTile: sums.flatMap((sum) => added(sum, `tile${sum}`)),
    shared: [],
    sums,
    end: [],
    main: (component) => `sum${component}`,
    second: undefined,
  };
}

function minimumReducer(): Reducer {
  return {
    begin: (previous) => [
      `let least = ${previous?.shared(0) ?? HIGHEST};`,
      `let index = ${previous?.shared(1) ?? '-1'};`,
    ],
    beginTile: [],
    score: (scores) => [
      ...scores.map((score, c) => `let score${c} = ${score};`),
      atEdges(columns.map((c) => masked(`score${c}`, c, HIGHEST))),
      // Blocks come in any order: of equal scores the least column counts.
      ...columns.map(
        (c) =>
          `if (score${c} < least || (score${c} === least && at + ${c} < index)) { least = score${c}; index = at + ${c}; }`,
      ),
    ],
    values: () => [],
    endTile: [],
    shared: ['least', 'index'],
    sums: [],
    end: [`const minimum = ${minimumOf('least', 'index')};`],
    main: () => 'minimum',
    second: 'index',
  };
}

/** What a softmax gives for the largest score, in powers of two, and the sum of weights; -Infinity where there are none. */
export const logSumExpOf = (largest: string, total: string): string =>
  `${total} === 0 ? 0 - infinity : ${largest} * ${Math.fround(Math.LN2)} + Math.log(${total})`;

/** What a minimum is where there was a column, and infinity elsewhere. */
export const minimumOf = (least: string, index: string): string => `${index} < 0 ? infinity : ${least}`;
