import type { Diagnostics, OnInaccurate } from '@sinkhorn/losses';
import { whenInaccurate } from '@sinkhorn/losses/extend';

const tellers = new Map<string, (diagnostics: Diagnostics) => void>();

/** Does what an op was asked to do about a value that is not accurate: ops make their loss anew, and a warning comes once all the same. */
export function tellInaccurate(name: string, onInaccurate: OnInaccurate | undefined, diagnostics: Diagnostics): void {
  const key = `${name} ${onInaccurate}`;
  const tell = tellers.get(key) ?? whenInaccurate({ name, onInaccurate });
  tellers.set(key, tell);
  tell(diagnostics);
}
