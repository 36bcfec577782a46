/** Which number comes first in a date such as 14/01/2001. */
export type DateOrder = 'dayFirst' | 'monthFirst';

const MILLISECONDS_OF_DAY = 86_400_000;

const time = String.raw`(?:(?:T|,?\s+)(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s*([AP]M))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?`;
const yearFirst = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${time}$`, 'i');
const yearLast = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${time}$`, 'i');
const weekday = String.raw`(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?`;
const nameFirst = new RegExp(
  String.raw`^${weekday}([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})${time}$`,
  'i',
);
const nameSecond = new RegExp(String.raw`^${weekday}(\d{1,2})[\s-]([a-z]{3,9})\.?[\s-](\d{4})${time}$`, 'i');

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const monthOf = (name: string): number =>
  months.findIndex((month) => month.startsWith(name.toLowerCase()) || name.toLowerCase() === 'sept') + 1;

/**
 * The days since 1970 that a text tells, or NaN where it is no date. Text without a zone is in UTC; `order` is for dates whose year comes
 * last, and those with points have the day first.
 */
export function daysInText(text: string, order: DateOrder): number {
  const trimmed = text.trim();
  // A quick look first: most cells are no dates.
  if (!/^[a-z\d]/i.test(trimmed) || !/\d{4}/.test(trimmed)) return Number.NaN;
  let found = yearFirst.exec(trimmed);
  if (found) return daysOf(found[1], found[3], found[4], found.slice(5));
  found = yearLast.exec(trimmed);
  if (found) {
    const [, first, mark, second, year] = found;
    const isDayFirst = mark === '.' || order === 'dayFirst';
    return isDayFirst ? daysOf(year, second, first, found.slice(5)) : daysOf(year, first, second, found.slice(5));
  }
  found = nameFirst.exec(trimmed);
  if (found) return daysOf(found[3], monthOf(found[1]), found[2], found.slice(4));
  found = nameSecond.exec(trimmed);
  if (found) return daysOf(found[3], monthOf(found[2]), found[1], found.slice(4));
  return Number.NaN;
}

/** NaN where the calendar has no such day or the clock no such time. */
function daysOf(
  year: string,
  month: string | number,
  day: string,
  [hour, minute, second, half, zone]: readonly (string | undefined)[],
): number {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const start = new Date(0);
  start.setUTCFullYear(y, m - 1, d);
  if (start.getUTCMonth() !== m - 1 || start.getUTCDate() !== d) return Number.NaN;
  const days = start.getTime() / MILLISECONDS_OF_DAY;
  const minutes = hour === undefined ? 0 : minutesOf(Number(hour), Number(minute), half);
  const seconds = Number(second ?? 0);
  if (!(seconds < 61)) return Number.NaN;
  return days + (minutes - offsetOf(zone)) / 1440 + seconds / 86_400;
}

function minutesOf(hour: number, minute: number, half: string | undefined): number {
  if (minute > 59 || hour > 24 || (half !== undefined && (hour < 1 || hour > 12))) return Number.NaN;
  if (half === undefined) return 60 * hour + minute;
  return 60 * ((hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)) + minute;
}

/** By how many minutes a zone is ahead of UTC. */
function offsetOf(zone: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (!found) return 0;
  const minutes = 60 * Number(found[2]) + Number(found[3]);
  return found[1] === '-' ? -minutes : minutes;
}
