type ErrorClass = new (message: string) => Error;

/** Ends a test. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Ends a test where a condition does not hold. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

/**
 * Ends a test where two lists differ, entry by entry, by more than is allowed; numbers that are equal, infinite ones too,
 * always agree, and NaN never does.
 */
export function checkClose(
  label: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: number | ArrayLike<number>,
): void {
  check(actual.length === expected.length, `${label} has ${actual.length} entries instead of ${expected.length}`);
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] === expected[index]) continue;
    const error = Math.abs(actual[index] - expected[index]);
    const limit = typeof allowed === 'number' ? allowed : allowed[index];
    if (error <= limit && Number.isFinite(expected[index])) continue;
    const where = expected.length > 1 ? `${label}[${index}]` : label;
    fail(`${where} is ${actual[index]} instead of ${expected[index]}: off by ${error}, allowed ${limit}`);
  }
}

/** Ends a test where two lists are not the same, bit by bit but for the sign of 0. */
export const checkEqual = (label: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void =>
  checkClose(label, actual, expected, 0);

/** Ends a test where an error is not of a class. */
function checkError(label: string, error: unknown, errorClass: ErrorClass): void {
  if (error instanceof errorClass) return;
  fail(`${label}: a ${errorClass.name} was expected, and it threw ${error instanceof Error ? error.stack : error}`);
}

/** Ends a test where a call does not throw, at once or by a promise, an error of a class. */
export async function checkThrows(label: string, errorClass: ErrorClass, call: () => unknown): Promise<void> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    checkError(label, error, errorClass);
    return;
  }
  fail(`${label}: it should throw a ${errorClass.name}, and gave ${result}`);
}

/** The largest absolute value of a list. */
export const largest = (values: ArrayLike<number>): number => {
  let found = 0;
  for (let index = 0; index < values.length; index++) found = Math.max(found, Math.abs(values[index]));
  return found;
};
