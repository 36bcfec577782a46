import type { Diagnostics, OnInaccurate } from '@sinkhorn/losses';
import { whenInaccurate } from '@sinkhorn/losses/extend';

type Tell = (diagnostics: Diagnostics) => void;

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
