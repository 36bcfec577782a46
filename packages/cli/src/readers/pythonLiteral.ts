/** A value as Python writes it: what the headers of NumPy's files hold. */
export type PythonLiteral =
  | null
  | boolean
  | number
  | string
  | readonly PythonLiteral[]
  | Map<PythonLiteral, PythonLiteral>;

const deepest = 32;

/**
 * Reads a Python literal of numbers, text, True, False, None, tuples, lists and dicts.
 *
 * @throws SyntaxError for any other text.
 */
export function pythonLiteral(text: string): PythonLiteral {
  const tokens = text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[-+]?\d+L?|[A-Za-z]+|[[\](){},:]|\S/g) ?? [];
  let at = 0;
  const expect = (token: string): void => {
    if (tokens[at++] !== token) throw new SyntaxError(`"${tokens[at - 1] ?? 'its end'}" where "${token}" should stand`);
  };
  const items = <Item>(end: string, item: () => Item): Item[] => {
    const found: Item[] = [];
    while (tokens[at] !== end) {
      found.push(item());
      if (tokens[at] !== end) expect(',');
    }
    at++;
    return found;
  };
  const value = (depth: number): PythonLiteral => {
    if (depth > deepest) throw new SyntaxError('it is nested too deeply');
    const token = tokens[at++];
    const next = (): PythonLiteral => value(depth + 1);
    switch (token) {
      case undefined:
        throw new SyntaxError('it ends too early');
      case '[':
        return items(']', next);
      case '(':
        return items(')', next);
      case '{':
        return new Map(
          items('}', () => {
            const key = next();
            expect(':');
            return [key, next()];
          }),
        );
      case 'True':
        return true;
      case 'False':
        return false;
      case 'None':
        return null;
    }
    if (/^['"]/.test(token) && token.length > 1) return token.slice(1, -1).replace(/\\(.)/g, '$1');
    if (/^[-+]?\d/.test(token)) return Number.parseInt(token, 10);
    throw new SyntaxError(`"${token}" is unknown`);
  };
  const whole = value(0);
  if (at < tokens.length) throw new SyntaxError(`"${tokens[at]}" follows the end`);
  return whole;
}
