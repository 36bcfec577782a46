import type { Oracle } from '@sinkhorn/conformance';

/** An oracle as a text. Numbers that JSON does not have are texts. */
export function formatOracle(known: Oracle): string {
  const entries = [...known].map(([key, lists]) => [key, lists.map((list) => Array.from(list))]);
  return JSON.stringify(entries, (_, value) =>
    Number.isFinite(value) || typeof value !== 'number' ? value : `${value}`,
  );
}

/** The text of an oracle, read. */
export function parseOracle(text: string): Oracle {
  const entries: [string, (number | string)[][]][] = JSON.parse(text);
  return new Map(entries.map(([key, lists]) => [key, lists.map((list) => Float64Array.from(list, Number))]));
}
