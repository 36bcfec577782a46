import { type Case, isFault } from './campaign.js';
import { PARTS } from './judge.js';

const short = (value: number | undefined): string =>
  value === undefined ? '-' : Number(value.toPrecision(3)).toString();

/** How many cases there are of each outcome, in all and by part. */
export function statistics(cases: readonly Case[]): string {
  const lines = [`${cases.length} problems, outcome by the worst part: ${tally(cases.map(outcomeOf))}`];
  for (const part of PARTS) {
    const known = cases.filter(({ verdict }) => !verdict || verdict.outcomes[part]);
    if (known.length === 0) continue;
    lines.push(`  ${part.padEnd(8)} ${tally(known.map(({ verdict }) => verdict?.outcomes[part] ?? 'threw'))}`);
  }
  const faults = cases.filter(isFault);
  const byParts = faults.map(
    ({ verdict }) => PARTS.filter((part) => verdict?.outcomes[part] === 'wrong').join(' + ') || 'threw',
  );
  if (faults.length) lines.push(`wrong in: ${tally(byParts)}`);
  if (faults.length) lines.push(`${faults.length} faults, of all there are with that feature:`);
  for (const name of new Set(faults.flatMap(({ trial }) => Object.keys(trial.features)))) {
    const all = counts(cases.map(({ trial }) => trial.features[name] ?? '-'));
    const bad = [...counts(faults.map(({ trial }) => trial.features[name] ?? '-'))].sort(([, a], [, b]) => b - a);
    lines.push(`  ${name}: ${bad.map(([feature, count]) => `${feature} ${count}/${all.get(feature)}`).join(', ')}`);
  }
  return lines.join('\n');
}

const outcomeOf = ({ verdict }: Case): string => verdict?.outcome ?? 'threw';

function counts(names: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const name of names) result.set(name, (result.get(name) ?? 0) + 1);
  return result;
}

const tally = (names: readonly string[]): string =>
  [...counts(names)]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

/** By how much an error exceeds what was stated. */
function excess({ verdict }: Case): number {
  if (!verdict) return Number.POSITIVE_INFINITY;
  return Math.max(...Object.values(verdict.parts).map(({ error, stated }) => (error === 0 ? 0 : error / stated)));
}

/** The worst cases among those given, one a line. */
export function table(cases: readonly Case[], most: number): string {
  const rows = [...cases]
    .sort((a, b) => (excess(b) === excess(a) ? 0 : excess(b) - excess(a)))
    .slice(0, most)
    .map(({ trial, truth, result, verdict }) => [
      trial.id,
      verdict?.outcome ?? 'threw',
      short(result?.values[0]),
      short(truth.values[0].value),
      ...PARTS.map((part) => {
        const { error, stated } = verdict?.parts[part] ?? {};
        return error === undefined ? '-' : `${short(error)} of ${short(stated)}`;
      }),
      result ? `${result.accurate ? 'accurate' : '-'} ${result.converged ? 'converged' : '-'}` : '',
      Object.entries(trial.features)
        .map(([name, feature]) => `${name} ${feature}`)
        .join(', '),
    ]);
  const heads = ['id', 'outcome', 'value', 'true value', ...PARTS.map((part) => `${part} off by`), 'flags', 'problem'];
  return aligned([heads, ...rows]);
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
