import type { SchemaElement } from 'hyparquet';

/**
 * What the values of a column mean beyond what the library makes of them, if anything: decimals from 2^53 on, which lost digits on the
 * way, are whole numbers that the table refuses, and a time of day is no count of whatever unit the file has.
 */
export function cellOf({ converted_type, logical_type }: SchemaElement): ((value: unknown) => unknown) | undefined {
  if (converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL') {
    return (value) =>
      typeof value === 'number' && Number.isFinite(value) && Math.abs(value) >= 2 ** 53 ? BigInt(value) : value;
  }
  const unit = logical_type?.type === 'TIME' ? logical_type.unit : units[converted_type ?? ''];
  if (!unit) return undefined;
  return (value) =>
    typeof value === 'number' || typeof value === 'bigint' ? timeOfDay(Number(value) / perSecond[unit]) : value;
}

const units: Readonly<Record<string, keyof typeof perSecond | undefined>> = {
  TIME_MILLIS: 'MILLIS',
  TIME_MICROS: 'MICROS',
};
const secondsOfDay = 86_400;
const perSecond = { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 } as const;

/** As clocks show it, such as 13:05:00.250. */
const timeOfDay = (seconds: number): string => new Date(1000 * (seconds % secondsOfDay)).toISOString().slice(11, 23);
