/**
 * A reporter of vitest that writes down what happens to each test when it ends. Which test runs is written down by the
 * process it runs in (tests/setup), which a test that never gives the processor back cannot prevent.
 */
import { relative } from 'node:path';
import { record } from './results.mjs';

/** @typedef {import('vitest/node').Reporter} Reporter */

/** @implements {Reporter} */
export default class TestEvents {
  /** @param {readonly import('vitest/node').TestSpecification[]} specifications */
  onTestRunStart(specifications) {
    for (const { project, moduleId } of specifications)
      record({ event: 'planned', file: `${project.name} ${relative(project.vitest.config.root, moduleId)}` });
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleCollected(module) {
    const count = [...module.children.allTests()].length;
    record({ event: 'collected', file: `${module.project.name} ${module.relativeModuleId}`, count });
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    record({
      event: 'ended',
      id: test.id,
      name: `${test.module.relativeModuleId} > ${test.fullName}`,
      state: state === 'passed' || state === 'failed' ? state : 'skipped',
      milliseconds: Math.round(test.diagnostic()?.duration ?? 0),
      errors: errors.map(textOf),
    });
  }

  /**
   * A file that does not load, or a hook that fails.
   * @param {import('vitest/node').TestModule} module
   */
  onTestModuleEnd(module) {
    if (module.errors().length === 0) return;
    record({ event: 'collected', file: `${module.project.name} ${module.relativeModuleId}`, count: 0 });
    broken(module.relativeModuleId, module.errors());
  }

  /** @param {import('vitest/node').TestSuite} suite */
  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) broken(`${suite.module.relativeModuleId} > ${suite.fullName}`, suite.errors());
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} _modules
   * @param {readonly import('vitest/node').SerializedError[]} errors
   */
  onTestRunEnd(_modules, errors) {
    if (errors.length > 0) broken('outside of the tests', errors);
  }
}

/**
 * @param {string} name
 * @param {readonly import('vitest/node').SerializedError[]} errors
 */
function broken(name, errors) {
  record({ event: 'broken', name, errors: errors.map(textOf) });
}

/**
 * What is wrong, and why: that a browser is gone stands in a cause.
 * @param {import('vitest/node').SerializedError} error
 * @returns {string}
 */
function textOf({ name, message, stack, diff, cause }) {
  const text = stack?.includes(message) ? stack : `${name}: ${message}\n${stack ?? ''}`;
  const why = cause && typeof cause === 'object' && 'message' in cause ? textOf(cause) : undefined;
  // Some causes are called one already.
  return [text, diff, why?.replace(/^(Caused by: )?/, 'Caused by: ')].filter(Boolean).join('\n');
}
