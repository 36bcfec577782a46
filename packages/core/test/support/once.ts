/**
 * What is computed by the first test that asks for it, and shared by the others. Computed in a `describe` it would belong to no test, and
 * a mutation run would never see it change.
 */
export function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | undefined;
  return () => {
    made ??= { result: make() };
    return made.result;
  };
}
