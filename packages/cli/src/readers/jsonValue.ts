/** A value of a JSON document. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object of a JSON document: its keys stay in their order, and objects with the same keys share them. */
export interface JsonObject {
  readonly keys: readonly string[];
  readonly values: readonly JsonValue[];
}

/** Whether a value is an array. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a value is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a key; undefined when there is none. */
export function get(object: JsonObject, key: string): JsonValue | undefined {
  const index = object.keys.indexOf(key);
  return index < 0 ? undefined : object.values[index];
}

/** A value, as a message shows it. */
export function describeValue(value: JsonValue | undefined): string {
  if (isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
