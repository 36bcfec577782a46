/** What the reference shows of the checks in examples. */
import { expect, it } from 'vitest';
import { withoutChecks } from '../docs/markdown/shownChecks.js';

it.each([
  ["if (values[0] !== 12.5) throw new Error('unexpected');", '// values[0] is 12.5'],
  ['if (Math.abs(value - 1) > 1e-9) throw new Error();', '// value is 1'],
  ['if (Math.abs(u - 4.5) > 1e-2 || Math.abs(v + 2) > 1e-2) throw new Error();', '// u is about 4.5, v is about -2'],
  ['if (Math.abs(a[0] + a[1]) > 1e-6) throw new Error();', '// a[0] + a[1] is 0'],
  [
    "if (!diagnostics.converged || drifted) throw new Error('no');",
    '// diagnostics.converged is true, drifted is false',
  ],
  ['if (!(Math.abs(value - 0.5) < 1e-3)) throw new Error();', '// value is about 0.5'],
  ['if (!(pValue > 0.05) || effect === undefined) throw new Error();', '// pValue > 0.05, effect is not undefined'],
  ['if ((await plan.dense())[1] < 0.49) throw new Error();', '// (await plan.dense())[1] >= 0.49'],
  ['if (one.kind === two.kind) {\n  throw new Error();\n}', '// one.kind is not two.kind'],
])('%s', (check, said) => {
  expect(withoutChecks(`const x = 1;\n${check}\nconst y = 2;\n`)).toBe(`const x = 1;\n${said}\nconst y = 2;\n`);
});

it('breaks what is longer than a block of code, and keeps indents', () => {
  const [a, b] = ['first', 'second'].map((name) => `${name.repeat(6)}[0]`);
  const check = `if (a) {\n  if (${a} !== 1 || ${b} !== 2) throw new Error();\n}\n`;
  expect(withoutChecks(check)).toBe(`if (a) {\n  // ${a} is 1\n  // ${b} is 2\n}\n`);
});

it('keeps errors that are no checks', () => {
  const code = "const fail = () => {\n  throw new Error('gone');\n};\n";
  expect(withoutChecks(code)).toBe(code);
});
