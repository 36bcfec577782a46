/** The types of values that kernels compute with: addresses and counts, and vectors of lanes. */
export type ValueType = 'i32' | 'v128';

/** Instructions that leave one value of a type: those of the operands, in order, and then what is done with them. */
export interface Code<Type extends ValueType = ValueType> {
  readonly type: Type;
  readonly operands: readonly Code[];
  readonly opcode: readonly number[];
}

/** Instructions that leave nothing. */
export interface Statement extends Pick<Code, 'operands' | 'opcode'> {
  readonly type: 'nothing';
}

export const code = <Type extends ValueType>(
  type: Type,
  opcode: readonly number[],
  operands: readonly Code[],
): Code<Type> => ({ type, operands, opcode });

export const statement = (opcode: readonly number[], operands: readonly Code[]): Statement => ({
  type: 'nothing',
  operands,
  opcode,
});

/** Writes instructions out. */
export function write({ operands, opcode }: Pick<Code, 'operands' | 'opcode'>, to: number[]): void {
  for (const operand of operands) write(operand, to);
  for (const byte of opcode) to.push(byte);
}
