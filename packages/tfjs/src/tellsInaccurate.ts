import type { DerivativeDiagnostics, Diagnostics, OnInaccurate } from '@sinkhorn/losses';
import { whenInaccurate } from '@sinkhorn/losses/extend';

type Tell = (diagnostics: Pick<Diagnostics, 'accurate' | 'converged' | 'valueError' | 'advice'>) => void;

const tellers = new Map<string, Tell>();

/**
 * Makes what does as an op was asked to about values that are not accurate: ops make their loss anew, and a warning comes once all the same.
 *
 * @throws InvalidOptionError for what is none of 'warn', 'throw', 'ignore'.
 */
export function tellsInaccurate(name: string, onInaccurate: OnInaccurate | undefined): Tell {
  const key = `${name} ${onInaccurate}`;
  const tell = tellers.get(key) ?? whenInaccurate({ name, onInaccurate });
  tellers.set(key, tell);
  return tell;
}

/** The same of derivatives, of which nothing is known where a plan falls into parts: what they tell themselves does not get onto a tape. */
export function tellsUnknown(
  name: string,
  onInaccurate: OnInaccurate | undefined,
): (diagnostics: Pick<DerivativeDiagnostics, 'estimatedError' | 'determined'>) => void {
  const tell = tellsInaccurate(`the gradient through ${name}`, onInaccurate);
  return ({ estimatedError, determined }) => {
    if (determined && estimatedError < 1) return;
    tell({
      accurate: false,
      converged: false,
      valueError: estimatedError,
      advice:
        'it is what is left of far larger numbers, or next to nothing says how potentials move: raise blur, or set a smaller tolerance',
    });
  };
}
