import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SoftminProblem } from '../methods/softminLoop.js';
import { nativeProgram } from './nativeProgram.js';

/** What native/softmin.c gives for a problem. */
export interface NativeRun {
  readonly seconds: readonly number[];
  /** Of the whole process, in MB. */
  readonly peak: number;
  readonly result: Float32Array;
}

/**
 * Compiles the softmin in C with gcc and the given flags, and hands `work` what runs it on the problem, as often as it is
 * told; gives what `work` does, or the reason why there is no such program.
 */
export function nativeSoftmin<Result>(
  flags: readonly string[],
  problem: SoftminProblem,
  work: (run: (repetitions: number) => NativeRun) => Result,
): Result | string {
  return nativeProgram('softmin.c', flags, (program, folder) => {
    const [input, output] = ['input', 'output'].map((name) => join(folder, name));
    writeFileSync(input, inputOf(problem));
    const n = problem.h.length;
    return work((repetitions) => {
      const printed = execFileSync(program, [input, output, n, problem.epsilon, repetitions].map(String));
      return {
        ...JSON.parse(printed.toString()),
        result: new Float32Array(new Uint8Array(readFileSync(output)).buffer),
      };
    });
  });
}

/** x, y and h in float32, coordinate by coordinate. */
function inputOf({ x, y, h, dimension }: SoftminProblem): Float32Array {
  const planes = (points: Float64Array) =>
    Array.from({ length: dimension }, (_, c) => points.filter((_value, index) => index % dimension === c));
  return Float32Array.from([...planes(x), ...planes(y), h].flatMap((plane) => [...plane]));
}
