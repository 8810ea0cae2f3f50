// `make mutants`: applies each break alone to a copy of the tree and runs the tests that must notice it. Exit 1 when one survives unexplained.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../../core/errors.ts";
import { runFile } from "../runner/file.ts";
import { wantsEngine } from "../runner/needs.ts";
import { noServers, startEngineFor, startServers } from "../runner/servers.ts";
import { temporalBinary } from "../support/temporal.ts";
import { mutants } from "./all.ts";
import { broken } from "./apply.ts";
import { copyOf } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { countLine, page, type Result, stateOf } from "./result.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

/** The first test that fails, as `file: test`; undefined when all pass. */
async function firstFailure(copy: string, tests: readonly string[], env: NodeJS.ProcessEnv) {
  for (const file of tests) {
    const options = { root: copy, timeoutS: 180, testTimeoutS: 60, env };
    const { problems, output } = await runFile(file, options);
    const test = / FAIL .*?"(.+)"$/m.exec(output)?.[1];
    if (problems.length > 0) return `${file}: ${test ?? problems.at(-1)}`;
  }
  return undefined;
}

/** Without a break a test must pass, or its failure would say nothing. Runs each file once. */
async function requireGreen(copy: string, tests: readonly string[], green: Set<string>, env: NodeJS.ProcessEnv) {
  for (const file of tests.filter((file) => !green.has(file))) {
    const failure = await firstFailure(copy, [file], env);
    if (failure !== undefined) throw new Error(`a test fails without any break: ${failure}`);
    green.add(file);
  }
}

async function runMutant(copy: string, mutant: Mutant, env: NodeJS.ProcessEnv): Promise<Result> {
  const path = join(copy, mutant.file);
  const original = readFileSync(path, "utf8");
  writeFileSync(path, broken(copy, mutant));
  try {
    return { ...mutant, killedBy: await firstFailure(copy, mutant.tests, env) };
  } finally {
    writeFileSync(path, original);
  }
}

async function runAll(chosen: readonly Mutant[], copy: string): Promise<Result[]> {
  const needsEngine = chosen.some(({ tests }) => tests.some((file) => wantsEngine(copy, file)));
  if (needsEngine) await (await import("../support/engine.ts")).prepareEngine();
  const servers = await startServers(await temporalBinary());
  const engine = needsEngine ? await startEngineFor() : noServers;
  try {
    const env = { ...process.env, ...servers.env, ...engine.env };
    const green = new Set<string>();
    const results: Result[] = [];
    for (const mutant of chosen) {
      await requireGreen(copy, mutant.tests, green, env);
      const result = await runMutant(copy, mutant, env);
      results.push(result);
      console.error(`${stateOf(result).padEnd(9)} ${result.name}  ${result.killedBy ?? result.survives ?? ""}`);
    }
    return results;
  } finally {
    await Promise.all([servers.stop(), engine.stop()]);
  }
}

// Parts of names, separated by commas.
const chosen = mutants.filter(({ name }) => values.only.split(",").some((part) => name.includes(part.trim())));
const copy = copyOf(root);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    copy.remove();
    process.exit(1);
  });
try {
  const errors = chosen.flatMap((mutant) => {
    try {
      broken(copy.root, mutant);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  if (chosen.length === 0) errors.push(`no break has a name with ${JSON.stringify(values.only)}`);
  if (values.write && values.only !== "") errors.push("--write is for a run of every break: leave --only out");
  for (const error of errors) console.error(`error: ${error}`);
  if (errors.length > 0) process.exitCode = 1;
  else {
    const results = await runAll(chosen, copy.root);
    if (values.json) console.log(JSON.stringify(results.map((result) => ({ ...result, state: stateOf(result) }))));
    if (values.write) writeFileSync(join(root, "docs/mutants.md"), page(results));
    console.log(countLine(results));
    if (results.some((result) => stateOf(result) === "survived")) process.exitCode = 1;
  }
} finally {
  copy.remove();
}
