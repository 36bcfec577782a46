import { type Case, isFault } from './campaign.js';
import type { Part } from './judge.js';

const PARTS: readonly Part[] = ['value', 'points', 'weights'];

const short = (value: number | undefined): string =>
  value === undefined ? '-' : Number(value.toPrecision(3)).toString();

/** How many cases there are of each outcome, in all and by part. */
export function statistics(cases: readonly Case[]): string {
  const lines = [`${cases.length} problems, outcome by the worst part: ${tally(cases.map(outcomeOf))}`];
  for (const part of PARTS) {
    lines.push(`  ${part.padEnd(8)} ${tally(cases.map(({ verdict }) => verdict?.outcomes[part] ?? 'threw'))}`);
  }
  const faults = cases.filter(isFault);
  const byParts = faults.map(
    ({ verdict }) => PARTS.filter((part) => verdict?.outcomes[part] === 'wrong').join(' + ') || 'threw',
  );
  if (faults.length) lines.push(`wrong in: ${tally(byParts)}`);
  const features: Record<string, (one: Case) => string> = {
    kind: ({ problem }) => problem.kind,
    p: ({ problem }) => String(problem.p),
    weights: ({ problem }) => problem.weighting,
    'blur / diameter': ({ problem }) => `1e${Math.floor(Math.log10(problem.blur / problem.diameter))}`,
    reach: ({ problem }) =>
      problem.reach.x === problem.reach.y && problem.reach.x === Number.POSITIVE_INFINITY ? 'none' : 'some',
    debias: ({ problem }) => String(problem.debias),
    dimension: ({ problem }) => String(problem.dimension),
  };
  if (faults.length) lines.push(`${faults.length} faults, of all there are with that feature:`);
  for (const [name, featureOf] of Object.entries(features)) {
    if (!faults.length) break;
    const all = counts(cases.map(featureOf));
    const bad = [...counts(faults.map(featureOf))].sort(([, a], [, b]) => b - a);
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
  return Math.max(...PARTS.map((part) => verdict.parts[part].error / verdict.parts[part].stated));
}

/** The worst cases among those given, one a line. */
export function table(cases: readonly Case[], most: number): string {
  const rows = [...cases]
    .sort((a, b) => (excess(b) === excess(a) ? 0 : excess(b) - excess(a)))
    .slice(0, most)
    .map(({ problem, truth, result, verdict }) => [
      problem.id,
      verdict?.outcome ?? 'threw',
      problem.kind,
      String(problem.dimension),
      String(problem.p),
      short(problem.blur / problem.diameter),
      [problem.reach.x, problem.reach.y].map((reach) => short(reach / problem.diameter)).join('/'),
      problem.weighting,
      problem.debias ? 'yes' : 'no',
      short(result?.value),
      short(truth.value),
      short(verdict?.parts.value.stated),
      short(verdict?.parts.value.error),
      short(verdict?.parts.points.stated),
      short(verdict?.parts.points.error),
      short(verdict?.parts.weights.error),
      result ? `${result.accurate ? 'accurate' : '-'} ${result.converged ? 'converged' : '-'}` : '',
    ]);
  const heads =
    'id,outcome,kind,D,p,blur,reach,weights,debias,value,true value,stated,error,stated gradient,error points,error weights,flags';
  return aligned([heads.split(','), ...rows]);
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
