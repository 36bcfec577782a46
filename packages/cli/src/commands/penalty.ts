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

/** Reads a penalty, as tv:0.1, or fails as a wrong argument of the command line. Ranges of numbers are the library's to check. */
export function penalty(text: string): GivenPenalty {
  const [kind, ...rest] = text.split(':');
  // A kind alone lacks its number, which is what the error below is about.
  const numbers = rest.length === 0 ? [] : rest.join(':').split(',').map(number);
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
