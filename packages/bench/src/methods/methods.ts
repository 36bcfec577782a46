import { accelerated } from './accelerated.js';
import { alternating } from './alternating.js';
import { averaged } from './averaged.js';

/** The methods that the library's own is compared with. */
export const methods = {
  averaged,
  alternating: alternating(1),
  'relaxed 1.5': alternating(1.5),
  'relaxed 1.7': alternating(1.7),
  'relaxed 1.85': alternating(1.85),
  'Anderson 6': accelerated(6),
} as const;

export type MethodName = keyof typeof methods;
