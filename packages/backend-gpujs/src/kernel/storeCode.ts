import { texelsOf } from '../layout.js';
import { type Component, isLong, type Scope, scope } from './formulaCode.js';
import type { Packing } from './places.js';

/** A vector to be stored, component by component. */
export interface Stored {
  readonly size: number;
  component(component: Component, into: Scope): string;
}

/** Code that returns the texel `part` of an entry in which vectors lie packed; code for long ones stands where it is needed. */
export function storeCode(vectors: readonly Stored[], { offsets, texels }: Packing): readonly string[] {
  const lines: string[] = [];
  let firstShort = 0;
  vectors.forEach((vector, index) => {
    if (!isLong(vector.size)) return;
    const first = offsets[index] >> 2;
    const end = first + texelsOf(vector.size);
    firstShort = Math.max(firstShort, end);
    const into = scope();
    into.lines.push(`const own = part - ${first};`);
    const four = [0, 1, 2, 3].map((channel) => vector.component({ texel: 'own', channel }, into));
    const body = [...into.lines, `return [${four.join(', ')}];`];
    lines.push(...(end === texels ? body : [`if (part < ${end}) {`, ...body.map((line) => `  ${line}`), '}']));
  });
  for (let texel = firstShort; texel < texels; texel++) {
    const into = scope();
    const four = [0, 1, 2, 3].map((channel) => {
      const at = 4 * texel + channel;
      const index = vectors.findIndex(({ size }, k) => !isLong(size) && at >= offsets[k] && at < offsets[k] + size);
      return index < 0 ? '0' : vectors[index].component(at - offsets[index], into);
    });
    const body = [...into.lines, `return [${four.join(', ')}];`];
    lines.push(
      ...(texel === texels - 1 ? body : [`if (part < ${texel + 1}) {`, ...body.map((line) => `  ${line}`), '}']),
    );
  }
  return lines;
}
