import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../test/support/folder.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder("xnovu-imports-");
test.after(() => folder.remove());

interface Case {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  /** A part of the reason that must be printed. */
  readonly reason: string;
}

const broken: readonly Case[] = [
  { rule: "core-imports-nothing", from: "core/a.ts", to: "outbox/a.ts", reason: "it imports no other module" },
  {
    rule: "outbox-imports-core-only",
    from: "outbox/a.ts",
    to: "novu/a.ts",
    reason: "The outbox knows Postgres and core",
  },
  {
    rule: "novu-imports-core-only",
    from: "novu/a.ts",
    to: "outbox/a.ts",
    reason: "serve app, worker and scripts alike",
  },
  { rule: "app-worker-scripts-apart", from: "app/a.ts", to: "worker/a.ts", reason: "are separate programs" },
  { rule: "app-worker-scripts-apart", from: "scripts/a.ts", to: "app/a.ts", reason: "are separate programs" },
  {
    rule: "worker-modules-through-ports",
    from: "worker/poll/a.ts",
    to: "outbox/a.ts",
    reason: "through the ports of core",
  },
  {
    rule: "worker-modules-through-ports",
    from: "worker/http/a.ts",
    to: "worker/poll/a.ts",
    reason: "wires the modules",
  },
  {
    rule: "workflows-stay-deterministic",
    from: "worker/temporal/workflows/a.ts",
    to: "node:fs",
    reason: "in a sandbox",
  },
  { rule: "tracing-on-demand", from: "worker/wire.ts", to: "worker/tracing/a.ts", reason: "only where traces are on" },
  {
    rule: "local-is-for-development",
    from: "worker/main.ts",
    to: "local/a.ts",
    reason: "never enter the production image",
  },
  {
    rule: "local-imports-core-only",
    from: "local/a.ts",
    to: "novu/a.ts",
    reason: "know core, themselves, and the tools",
  },
  {
    rule: "local-is-for-development",
    from: "worker/main.ts",
    to: "packages/novu-emulator/a.ts",
    reason: "never enter the production image",
  },
  {
    rule: "scripts-without-packages",
    from: "scripts/a.ts",
    to: "packages/test-engine/a.ts",
    reason: "enters the production image",
  },
  {
    rule: "emulator-stands-alone",
    from: "packages/novu-emulator/a.ts",
    to: "core/a.ts",
    reason: "judges XNovu's client",
  },
  {
    rule: "test-engine-imports-core-and-local",
    from: "packages/test-engine/a.ts",
    to: "outbox/a.ts",
    reason: "knows core's errors",
  },
  { rule: "bench-is-a-leaf", from: "test/a.ts", to: "bench/a.ts", reason: "nothing imports them" },
  { rule: "not-to-unresolvable", from: "core/b.ts", to: "core/nowhere.ts", reason: "resolves to nothing" },
];

const allowed = [
  ["outbox/ok.ts", "core/a.ts"],
  ["worker/main.ts", "outbox/a.ts"],
  ["worker/poll/ok.ts", "core/a.ts"],
  ["outbox/ok.test.ts", "local/a.ts"],
  ["local/ok.ts", "packages/test-engine/a.ts"],
  ["scripts/dev/ok.ts", "packages/test-engine/a.ts"],
  ["scripts/ok.test.ts", "packages/novu-emulator/a.ts"],
  ["bench/ok.ts", "worker/main.ts"],
] as const;

/** A tree with one import for each pair, beside the project's own rules. */
function tree(name: string, imports: readonly (readonly [string, string])[]): string {
  const root = join(folder.path, name);
  mkdirSync(root);
  for (const file of [".dependency-cruiser.cjs", "tsconfig.json"]) cpSync(join(project, file), join(root, file));
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
  for (const [, to] of imports) if (!/nowhere|^node:/.test(to)) write(root, to, "export const value = 1;\n");
  for (const [from, to] of imports) {
    const path = to.startsWith("node:") ? to : join("../".repeat(from.split("/").length - 1), to);
    write(root, from, `import * as it from ${JSON.stringify(path)};\nexport const use = it;\n`);
  }
  return root;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function cruise(root: string) {
  const modules = ["app", "bench", "core", "local", "novu", "outbox", "packages", "scripts", "test", "worker"];
  for (const module of modules) mkdirSync(join(root, module), { recursive: true });
  const args = ["--config", ".dependency-cruiser.cjs", "--output-type", "err-long", ...modules];
  const { status, stdout, stderr } = spawnSync(join(project, "node_modules/.bin/depcruise"), args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  // The reason is wrapped to the width of a page.
  return { status, text: (stdout + stderr).replace(/\s+/g, " ") };
}

for (const [index, { rule, from, to, reason }] of broken.entries())
  test(`${from} may not import ${to}, and the error says why`, () => {
    const { status, text } = cruise(tree(`broken-${index}`, [[from, to]]));
    assert.is(status, 1, text);
    assert.match(text, rule);
    assert.match(text, reason);
  });

test("a cycle is reported", () => {
  const cycle = tree("cycle", [["core/a.ts", "core/b.ts"]]);
  write(cycle, "core/b.ts", 'import * as it from "./a.ts";\nexport const use = it;\n');
  const { status, text } = cruise(cycle);
  assert.is(status, 1, text);
  assert.match(text, "two modules are one");
});

test("imports that go the right way pass", () => {
  const { status, text } = cruise(tree("allowed", allowed));
  assert.is(status, 0, text);
});

test.run();
