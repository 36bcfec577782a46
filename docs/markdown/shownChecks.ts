/**
 * Turns the checks of the reference's examples into what they check: the examples run as tests, and `if (value !== 2) throw ...` is
 * shown as `// value is 2`. What cannot be said so is left out.
 */
import ts from 'typescript';
import type { MarkdownRenderer } from 'vitepress';

/** Columns that code blocks have without scrolling. */
const WIDEST = 80;
/** Differences up to this are rounding: what is compared so is said to be, not to be about, a number. */
const ROUNDING = 1e-6;

export function shownChecks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('shown-checks', ({ tokens, env }) => {
    if (!env.relativePath?.startsWith('api/')) return;
    for (const token of tokens) {
      if (token.type === 'fence' && /^ts\b/.test(token.info)) token.content = withoutChecks(token.content);
    }
  });
}

/** An example with comments instead of its checks. */
export function withoutChecks(code: string): string {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const checks: ts.IfStatement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node) && !node.elseStatement && isThrow(node.thenStatement)) checks.push(node);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  let shown = code;
  for (const check of checks.toReversed()) {
    const begin = code.lastIndexOf('\n', check.getStart()) + 1;
    const indent = code.slice(begin, check.getStart());
    const said = disjuncts(check.expression).flatMap((part) => opposite(part) ?? []);
    shown = shown.slice(0, begin) + commentOf(said, indent) + shown.slice(check.getEnd() + 1);
  }
  return shown;
}

const isThrow = (node: ts.Statement): boolean =>
  ts.isThrowStatement(node) ||
  (ts.isBlock(node) && node.statements.length === 1 && ts.isThrowStatement(node.statements[0]));

/** Sentences in as few lines as they fit into. */
function commentOf(said: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const each of said) {
    const longer = `${lines.at(-1)}, ${each}`;
    if (lines.length > 0 && longer.length <= WIDEST) lines[lines.length - 1] = longer;
    else lines.push(`${indent}// ${each}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function disjuncts(node: ts.Expression): ts.Expression[] {
  const inner = bare(node);
  return isBinary(inner, ts.SyntaxKind.BarBarToken) ? [...disjuncts(inner.left), ...disjuncts(inner.right)] : [inner];
}

/** What holds where a condition does not. */
function opposite(node: ts.Expression): string | undefined {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return statement(bare(node.operand));
  if (ts.isBinaryExpression(node)) {
    const { left, right, operatorToken } = node;
    switch (operatorToken.kind) {
      case ts.SyntaxKind.ExclamationEqualsEqualsToken:
        return `${subject(left)} is ${right.getText()}`;
      case ts.SyntaxKind.EqualsEqualsEqualsToken:
        return `${subject(left)} is not ${right.getText()}`;
      case ts.SyntaxKind.GreaterThanToken:
        return near(left, right) ?? `${left.getText()} <= ${right.getText()}`;
      case ts.SyntaxKind.LessThanToken:
        return `${left.getText()} >= ${right.getText()}`;
      default:
        return undefined;
    }
  }
  return `${subject(node)} is false`;
}

/** A condition in words. */
function statement(node: ts.Expression): string {
  if (isBinary(node, ts.SyntaxKind.LessThanToken)) return near(node.left, node.right) ?? node.getText();
  return ts.isBinaryExpression(node) ? node.getText() : `${subject(node)} is true`;
}

/** Of `Math.abs(a - b) > c`: that a is b, or about b. */
function near(left: ts.Expression, right: ts.Expression): string | undefined {
  if (!ts.isCallExpression(left) || left.expression.getText() !== 'Math.abs') return undefined;
  const [difference] = left.arguments;
  const word = Number(right.getText()) <= ROUNDING ? 'is' : 'is about';
  if (isBinary(difference, ts.SyntaxKind.MinusToken)) {
    return `${subject(difference.left)} ${word} ${bare(difference.right).getText()}`;
  }
  if (isBinary(difference, ts.SyntaxKind.PlusToken) && ts.isNumericLiteral(difference.right)) {
    return `${subject(difference.left)} ${word} -${difference.right.getText()}`;
  }
  return `${subject(difference)} ${word} 0`;
}

const subject = (node: ts.Expression): string => bare(node).getText();

const bare = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) ? bare(node.expression) : node;

const isBinary = (node: ts.Node, operator: ts.SyntaxKind): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === operator;
