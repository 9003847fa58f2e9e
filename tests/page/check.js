// check.js: the little that a test of the page's modules needs. A test file calls test(); run() runs what it called.

/** @type {[string, () => void][]} */
const tests = [];

/** @param {string} promise what holds @param {() => void} body throws when it does not */
export const test = (promise, body) => tests.push([promise, body]);

/** Equal by value. @param {unknown} actual @param {unknown} expected */
export function equal(actual, expected) {
  const [got, wanted] = [text(actual), text(expected)];
  if (got !== wanted) throw new Error(`got ${got}, wanted ${wanted}`);
}

/** @param {unknown} condition @param {string} what */
export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

/** @param {unknown} value */
const text = (value) => JSON.stringify(value, (_, part) => (part instanceof Map ? [...part] : typeof part === "number" && !Number.isFinite(part) ? String(part) : part));

/** @returns {{ count: number, failures: string[] }} */
export function run() {
  const failures = tests.flatMap(([promise, body]) => {
    try {
      body();
      return [];
    } catch (error) {
      return [`${promise}: ${/** @type {Error} */ (error).message}`];
    }
  });
  return { count: tests.length, failures };
}
