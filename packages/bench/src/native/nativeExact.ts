import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeProgram } from './nativeProgram.js';

interface Cloud {
  readonly points: Float64Array;
  readonly weights: Float64Array;
  readonly dimension: number;
}

/** What native/networkSimplex.cpp gives: processor time of each repetition, and the value. */
export interface NativeExact {
  readonly seconds: readonly number[];
  readonly value: number;
}

/** Exact transport between two clouds in C++, p = 2, with the costs at hand; or why there is no such program here. */
export const nativeExact = (x: Cloud, y: Cloud, repetitions: number): NativeExact | string =>
  nativeProgram('networkSimplex.cpp', ['-O3', '-march=native'], (program, folder): NativeExact => {
    const input = join(folder, 'input');
    const [n, m] = [x.weights.length, y.weights.length];
    const numbers = new Float64Array(n + m + n * m);
    numbers.set(x.weights);
    numbers.set(y.weights, n);
    for (let i = 0, at = n + m; i < n; i++) {
      for (let j = 0; j < m; j++, at++) {
        for (let c = 0; c < x.dimension; c++) {
          numbers[at] += (x.points[i * x.dimension + c] - y.points[j * y.dimension + c]) ** 2 / 2;
        }
      }
    }
    writeFileSync(input, numbers);
    return JSON.parse(execFileSync(program, [input, n, m, repetitions].map(String)).toString());
  });
