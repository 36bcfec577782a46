import { InvalidArgumentError } from 'commander';
import type { PenaltyOption } from 'sinkhorn';
import { number } from './inputs.js';

/** A penalty as it was given, and as the library takes it. */
export interface GivenPenalty {
  readonly text: string;
  readonly penalty: PenaltyOption;
  /** Whether a fixed mass goes, which has no debiasing. */
  readonly isPartial: boolean;
}

const byStrength = ['kl', 'tv', 'berg', 'hellinger', 'quadratic'] as const;

/** The numbers after a kind; none where one of them is no number, which the error below tells as it tells of one too few. */
function numbersOf(text: string): number[] {
  try {
    return text.split(',').map(number);
  } catch {
    return [];
  }
}

/** Reads a penalty, as tv:0.1, or fails as a wrong argument of the command line. Ranges of numbers are the library's to check. */
export function penalty(text: string): GivenPenalty {
  const [kind, ...rest] = text.split(':');
  const numbers = numbersOf(rest.join(':'));
  const strong = byStrength.find((name) => name === kind);
  if (strong && numbers.length === 1) {
    return { text, penalty: { kind: strong, strength: numbers[0] }, isPartial: false };
  }
  if (kind === 'range' && numbers.length === 2) {
    return { text, penalty: { kind, low: numbers[0], high: numbers[1] }, isPartial: false };
  }
  if (kind === 'partial' && numbers.length === 1) {
    return { text, penalty: { kind, mass: numbers[0] }, isPartial: true };
  }
  throw new InvalidArgumentError(
    `it must be ${byStrength.join(', ')} or partial with one number, as tv:0.1, or range with two, as range:0.5,1.5.`,
  );
}
