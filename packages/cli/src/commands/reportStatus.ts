import type { Diagnostics } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { formatNumber } from '../writers/numbers.js';

/** The exit status of a solve; where it is not what was asked for, stderr says so. */
export function reportStatus(diagnostics: Diagnostics, io: CommandIo): number {
  if (diagnostics.advice !== undefined) io.stderr.write(`sinkhorn: note: ${inOptions(diagnostics.advice)}\n`);
  if (diagnostics.converged && diagnostics.accurate) return exitStatus.done;
  if (diagnostics.converged) {
    const worst = Math.max(diagnostics.valueError, diagnostics.gradientError ?? 0);
    io.stderr.write(
      `sinkhorn: not accurate: value or gradient may be off by ${formatNumber(worst, 2)} of their size; try --backend cpu, a larger --blur, or fewer far points\n`,
    );
    return exitStatus.notConverged;
  }
  io.stderr.write(
    `sinkhorn: not converged: marginal error ${formatNumber(diagnostics.marginalError)} after ${diagnostics.iterations} iterations; try a larger --blur or --tolerance\n`,
  );
  return exitStatus.notConverged;
}

/** Advice with the options of the command in place of those of the library. */
const inOptions = (advice: string): string =>
  advice
    .replace(/transportOnLine\(\{ p: (\S+) \}\)/, '--loss line --p $1')
    .replace(/blur: \{ median: (\S+) \}/, '--blur median:$1');
