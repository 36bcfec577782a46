import { shownNumber } from '../shownNumber.js';
import { dayText } from './cells.js';
import type { ColumnDrift } from './driftResult.js';
import { shortened } from './driftText.js';
import { escaped } from './escaped.js';

const width = 240;
const height = 64;
const axis = 14;

/**
 * A column of both tables side by side as SVG, coloured by the page: the reference is an area, the current data a line or bars. Numbers of
 * which a table has none are told by how many there are.
 */
export function columnPicture(column: ColumnDrift): string {
  if (column.numbers?.histogram) return histogramPicture(column);
  if (column.categories?.length) return categoryPicture(column);
  const share = ({ reference, current }: ColumnDrift['missing'], name: string) => ({
    name,
    reference,
    current,
    unseen: false,
  });
  const { reference, current } = column.missing;
  const present = { reference: 1 - reference, current: 1 - current };
  return categoryPicture({ ...column, categories: [share(present, 'a value'), share(column.missing, 'missing')] });
}

function histogramPicture({ name, kind, numbers }: ColumnDrift): string {
  const histogram = numbers?.histogram;
  if (!histogram) return '';
  const { from, to, reference, current } = histogram;
  const most = Math.max(...reference, ...current);
  const floor = height - axis;
  const at = (bin: number, share: number) =>
    `${round((width * bin) / reference.length)} ${round(floor - (share / most) * (floor - 4))}`;
  const steps = (shares: readonly number[]) =>
    shares
      .map((share, bin) => `${bin === 0 ? `M${at(0, share)}` : `L${at(bin, share)}`}L${at(bin + 1, share)}`)
      .join('');
  const bound = (value: number) => (kind === 'date' ? dayText(value) : shownNumber(value, 3));
  return svg(
    `${escaped(name)}: reference as an area, current data as a line`,
    [
      `<path class="before" d="${steps(reference)}L${width} ${floor}L0 ${floor}Z"/>`,
      `<path class="now" d="${steps(current)}"/>`,
      `<path class="axis" d="M0 ${floor}.5H${width}"/>`,
      `<text x="0" y="${height - 2}">${bound(from)}</text>`,
      `<text x="${width}" y="${height - 2}" text-anchor="end">${bound(to)}</text>`,
    ],
    height,
  );
}

/** Categories that changed most have a pair of bars each; what else there is shares one. */
const MOST_BARS = 5;

function categoryPicture({ name, categories = [] }: ColumnDrift): string {
  const sorted = [...categories].sort((a, b) => Math.max(b.reference, b.current) - Math.max(a.reference, a.current));
  const changed = [...categories].sort((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference));
  const few = sorted.length <= MOST_BARS + 1;
  const chosen = new Set(few ? sorted : [...new Set([...changed.slice(0, 3), ...sorted])].slice(0, MOST_BARS));
  const shown = sorted.filter((category) => chosen.has(category));
  const rest = sorted.filter((category) => !shown.includes(category));
  const sum = (side: 'reference' | 'current') => rest.reduce((total, category) => total + category[side], 0);
  const bars = [
    ...shown,
    ...(rest.length > 0
      ? [{ name: `${rest.length} more`, reference: sum('reference'), current: sum('current'), unseen: false }]
      : []),
  ];
  const row = 17;
  const left = 92;
  const most = Math.max(...bars.map(({ reference, current }) => Math.max(reference, current)), 1e-9);
  const length = (share: number) => round(((width - left) * share) / most);
  return svg(
    `${escaped(name)}: shares of categories, above in the reference, below in the current data`,
    bars.flatMap((bar, index) => [
      `<text x="${left - 5}" y="${index * row + 11}" text-anchor="end">${escaped(shortened(bar.name, 14))}${bar.unseen ? ' ✱' : ''}</text>`,
      `<rect class="before" x="${left}" y="${index * row + 1}" width="${length(bar.reference)}" height="6"/>`,
      `<rect class="nowbar" x="${left}" y="${index * row + 8}" width="${length(bar.current)}" height="6"/>`,
    ]),
    bars.length * row,
  );
}

function svg(label: string, content: readonly string[], tall: number): string {
  return `<svg viewBox="0 0 ${width} ${tall}" width="${width}" height="${tall}" role="img" aria-label="${label}">${content.join('')}</svg>`;
}

const round = (value: number) => Math.round(value * 100) / 100;
