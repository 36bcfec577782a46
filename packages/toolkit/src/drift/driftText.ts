import { shownNumber } from '../shownNumber.js';
import { dayText } from './cells.js';
import type { ColumnDrift, Drift } from './driftResult.js';
import type { NumberSummary } from './summary.js';

/** A share in per cent. */
const percentText = (share: number): string => `${shownNumber(100 * share, 3)} %`;

/** How much a column changed, in words: what is missing first, where a column drifted and that changed more than its values. */
export function effectText(column: ColumnDrift): string {
  const { kind, drifted, effect, deviations } = column;
  const values = valuesText(column);
  const missing = column.missing.current - column.missing.reference;
  // Of categories what is missing counts among the rows that changed.
  const isCategory = kind === 'category' || kind === 'boolean';
  if (!drifted || isCategory || effect === undefined || !(2 * Math.abs(missing) > (deviations ?? 0))) return values;
  return `${percentText(Math.abs(missing))} of rows ${missing > 0 ? 'now' : 'no longer'} missing; values ${values}`;
}

function valuesText({ kind, effect, deviations }: ColumnDrift): string {
  if (effect === undefined) return 'no value to compare';
  if (kind === 'category' || kind === 'boolean') return `${percentText(effect)} of rows`;
  const shown = shownNumber(deviations ?? 0, 2);
  const inDeviations = deviations === undefined ? '' : ` (${shown} deviation${shown === '1' ? '' : 's'})`;
  return `${shownNumber(effect, 3)}${kind === 'date' ? ' days' : ''}${inDeviations}`;
}

/** What a column was and is, in words. */
export function changeText({ kind, numbers, categories, missing }: ColumnDrift): string {
  const parts: string[] = [];
  if (numbers?.reference && numbers.current) {
    const digits = digitsOf(numbers.reference, numbers.current);
    const shown = kind === 'date' ? dayText : (value: number) => shownNumber(value, digits);
    parts.push(`mean ${shown(numbers.reference.mean)} → ${shown(numbers.current.mean)}`);
    if (kind !== 'date')
      parts.push(
        `deviation ${shownNumber(numbers.reference.deviation, 3)} → ${shownNumber(numbers.current.deviation, 3)}`,
      );
  }
  const changes = [...(categories ?? [])].sort(
    (a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference),
  );
  for (const { name, reference, current, unseen } of changes.slice(0, 2)) {
    parts.push(`${shortened(name)}${unseen ? ' (new)' : ''} ${percentText(reference)} → ${percentText(current)}`);
  }
  if (missing.reference > 0 || missing.current > 0) {
    parts.push(`missing ${percentText(missing.reference)} → ${percentText(missing.current)}`);
  }
  return parts.join(', ');
}

/** As many digits of two means as tell them apart in hundredths of a deviation, 4 at least. */
function digitsOf(before: NumberSummary, after: NumberSummary): number {
  const fine = before.deviation || after.deviation || Math.abs(before.mean - after.mean);
  const wide = Math.max(Math.abs(before.mean), Math.abs(after.mean));
  return fine > 0 && wide > 0 ? Math.min(15, Math.max(4, 3 + Math.ceil(Math.log10(wide / fine)))) : 4;
}

/** A name that fits into a line. */
export const shortened = (text: string, most = 32): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** How a comparison was made, in sentences. */
export function methodText({ columns, joint, method, alpha }: Drift): string {
  const { correction, standardization, missing, permutations, columnRows, seed } = method;
  const parts: string[] = [];
  if (columns.length > 0) {
    parts.push(
      `Columns: energy distance of numbers and chi-squared of categories, ${permutations} shuffles at most of ${columnRows.reference} and ${columnRows.current} rows, ${correction === 'holm' ? "Holm's correction" : 'no correction'}; effects are of all rows.`,
    );
  }
  if (joint) {
    const { loss, rows } = joint;
    const blur =
      loss.blur === undefined ? '' : `, blur ${shownNumber(loss.blur)}${loss.blurRule ? ` (${loss.blurRule})` : ''}`;
    const units = {
      deviation: 'in deviations of both',
      quantiles: 'in deviations of both by their quartiles',
      unit: 'of rows divided by their lengths',
      none: 'as they are',
    }[standardization];
    parts.push(`Jointly: ${loss.name}${blur}, ${rows.reference} and ${rows.current} rows, ${units}.`);
  }
  if (columns.length > 0)
    parts.push(missing === 'category' ? 'A missing cell is a value of its own.' : 'Missing cells are left out.');
  parts.push(`Level ${percentText(alpha)}, seed ${seed}.`);
  return parts.join(' ');
}

/** The main thing, in one sentence. */
export function verdictText({ name, alpha, pValue, columns, absent, joint }: Drift): string {
  const found = columns.filter((column) => column.drifted).map((column) => shortened(column.name));
  const p = `p = ${shownNumber(pValue, 3)}`;
  if (absent.length > 0) {
    const names = absent.map((column) => shortened(column)).join(', ');
    const others = pValue > alpha ? 'no drift found in the others' : `drift in ${found.join(', ') || 'the others'}`;
    return `${name}: ${absent.length === 1 ? 'column' : 'columns'} ${names} absent, ${others} (${p}).`;
  }
  if (pValue > alpha) return `${name}: no drift found (${p}).`;
  if (found.length > 0) return `${name}: drift (${p}) in ${found.join(', ')}.`;
  return columns.length > 0 && joint
    ? `${name}: drift (${p}) in how columns go together, in none by itself.`
    : `${name}: drift (${p}).`;
}

/**
 * A comparison as text for a terminal or a log: the verdict, a line for each column, how it was done and what was left out.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { drift, driftText } from 'sinkhorn/toolkit';
 *
 * const found = await drift({ load: [1, 2, 3, 4] }, { load: [1, 2, 3, 4] }, { backend: cpu() });
 * if (!driftText(found).startsWith('current: no drift found (p = 1).')) throw new Error('unexpected');
 * ```
 */
export function driftText(found: Drift): string {
  const rows = [...found.columns]
    .sort(
      (a, b) =>
        a.adjustedPValue - b.adjustedPValue || (b.deviations ?? b.effect ?? 0) - (a.deviations ?? a.effect ?? 0),
    )
    .map((column) => [
      column.drifted ? '!' : ' ',
      shortened(column.name),
      column.kind,
      `p = ${shownNumber(column.adjustedPValue, 3)}`,
      effectText(column),
      changeText(column),
    ]);
  const widths = rows[0]?.map((_, place) => Math.max(...rows.map((row) => row[place].length))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, place) => cell.padEnd(widths[place]))
      .join('  ')
      .trimEnd(),
  );
  const joint = found.joint && [
    `All together: p = ${shownNumber(found.joint.pValue, 3)}${found.joint.effect === undefined ? '' : `, ${shownNumber(found.joint.effect, 3)} apart, by chance ${shownNumber(found.joint.effectByChance?.median ?? 0, 3)}`}.`,
  ];
  return [
    verdictText(found),
    ...lines,
    ...(joint ?? []),
    methodText(found),
    ...found.remarks.map((remark) => `Note: ${remark}`),
  ].join('\n');
}
