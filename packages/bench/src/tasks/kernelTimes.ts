import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { firstRows, kernelInput } from '../kernels/kernelInput.js';
import { kernelOn } from '../kernels/kernelOn.js';
import { type KernelName, kernels } from '../kernels/kernels.js';
import { type Differences, differences } from '../measuring/differences.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface KernelTimes extends Repetition {
  readonly kernel: KernelName;
  readonly dimension: number;
  readonly n: number;
  /** The rows that the loop by hand is timed on, against all columns. */
  readonly handRows: number;
  readonly backend: BackendChoice;
}

export interface KernelTime {
  /** Medians, in seconds; by hand for as many rows as were asked for. */
  readonly byHand: number;
  readonly onBackend: number;
  /** The median, over rounds, of the backend's time for a pair over that of the loop in the same round. */
  readonly ratio: number;
  readonly difference: Differences;
  /** Whether kernels have multiply-adds in one rounding. */
  readonly relaxedSimd: boolean;
}

/** Times a kernel by hand and on a backend in turn. */
export function kernelTimes({ kernel, dimension, n, handRows, backend, ...repetition }: KernelTimes) {
  const input = kernelInput(dimension, n);
  const rows = firstRows(input, handRows);
  return onBackend(backend, (opened): KernelTime => {
    const { hand, device } = inTurn(repetition, {
      hand: () => kernels[kernel].byHand(rows),
      device: kernelOn(opened, kernels[kernel], input),
    });
    return {
      byHand: median(hand.seconds),
      onBackend: median(device.seconds),
      ratio: timeRatio(device, hand) * (handRows / n),
      difference: differences(hand.result, device.result),
      relaxedSimd: opened.relaxedSimd ?? false,
    };
  });
}
