import { test } from "uvu";
import * as assert from "uvu/assert";
import { faultList } from "./fault-list.ts";
import { faultPage } from "./fault-page.ts";
import { faultTestsIn } from "./fault-tests.ts";

const list = [{ number: 1, injected: "A worker is killed", expected: "The row is sent" }];

test("faults are numbered from 1, without a gap", () => {
  assert.equal(
    faultList.map(({ number }) => number),
    faultList.map((_, index) => index + 1),
  );
});

test("tests are found with their number and title", () => {
  const text =
    'faultTest(4, "one", run);\nfor (const name of names)\n  faultTest(\n    20, `429 in $' + "{name}: waits`, run);";
  assert.equal(faultTestsIn("a.test.ts", text), [
    { fault: 4, title: "one", file: "a.test.ts" },
    { fault: 20, title: "429 in …: waits", file: "a.test.ts" },
  ]);
});

test("the page names the test of each fault", () => {
  const page = faultPage(list, [{ fault: 1, title: "killed", file: "test/a.test.ts" }]);
  assert.match(
    page,
    "## 1. A worker is killed\n\nThe row is sent.\n\n- killed\n  ([test/a.test.ts](../test/a.test.ts))",
  );
});

test("a fault without a test, and a test without a fault, are refused", () => {
  assert.throws(() => faultPage(list, []), /Fault 1 .* has no test/);
  assert.throws(() => faultPage(list, [{ fault: 2, title: "b", file: "b.test.ts" }]), /fault 2 .* is not in/);
});

test("a number that is not a literal is refused", () => {
  assert.throws(() => faultTestsIn("a.test.ts", 'faultTest(n, "one", run);'), /number as a literal/);
});

test.run();
