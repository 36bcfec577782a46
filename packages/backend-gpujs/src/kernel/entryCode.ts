import type { Variable } from '@sinkhorn/core';
import type { Component } from './formulaCode.js';
import type { Places } from './places.js';

/** Names in a kernel: how many lines of texels the elements of a texture are apart; 0 where all share one. */
export const linesOf = (texture: number): string => `lines${texture}`;
export const parameterName = (parameters: readonly string[], name: string): string =>
  `parameter${parameters.indexOf(name)}`;

/** The part of an entry of an array that holds a component: `line` counts lines of entries. */
export function partOf(
  places: Places,
  variable: Pick<Variable, 'side' | 'name'>,
  component: Component,
  x: string,
  line: string,
): { readonly texel: string; readonly channel: number } {
  const { texture, texels, offset } = places.of(variable);
  const first = typeof component === 'number' ? offset + component : 4 * (offset >> 2);
  const lines = `(element * ${linesOf(texture)} + ${line})`;
  const start = texels === 1 ? lines : `${lines} * ${texels}`;
  const more = [
    ...(first >> 2 > 0 ? [`${first >> 2}`] : []),
    ...(typeof component === 'number' ? [] : [component.texel]),
  ].join(' + ');
  return {
    texel: `texel(array${texture}, ${x}, ${more ? `${start} + ${more}` : start})`,
    channel: typeof component === 'number' ? first & 3 : component.channel,
  };
}

/** Code that tells which entry a thread writes, and which texel of it. */
export function threadCode(texels: number, splits: boolean): readonly string[] {
  const lines = ['const x = this.thread.x;', 'const y = this.thread.y;'];
  if (texels > 1) lines.push(`const record = quotient(y, ${texels});`, `const part = y - record * ${texels};`);
  const record = texels > 1 ? 'record' : 'y';
  lines.push(`const block = quotient(${record}, rowLines);`, `const line = ${record} - block * rowLines;`);
  if (!splits) return [...lines, 'const element = block;', 'if (element >= elements) { return [0, 0, 0, 0]; }'];
  return [
    ...lines,
    'const split = quotient(block, elements);',
    'const element = block - split * elements;',
    'if (split >= splits) { return [0, 0, 0, 0]; }',
  ];
}

/** What threadCode reads. */
export const threadNumbers = (splits: boolean): readonly string[] => [
  'rowLines',
  'elements',
  ...(splits ? ['splits'] : []),
];

/** Every texture has its lines. */
export const lineNumbers = (textures: number): readonly string[] =>
  Array.from({ length: textures }, (_, k) => linesOf(k));
