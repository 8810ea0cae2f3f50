import { rmSync } from "node:fs";
import { type Engine, joinEngine, startEngine } from "@xnovu/test-engine/engine";
import { NoEngineHereError } from "@xnovu/test-engine/errors";
import { hostProblem } from "@xnovu/test-engine/host";
import { type BaseImage, baseImage, baseLayout } from "@xnovu/test-engine/image/base";
import { haproxyLayout } from "@xnovu/test-engine/image/haproxy";
import { generatorLayout, sbomGenerator } from "@xnovu/test-engine/image/sbom-generator";
import { engineTools } from "@xnovu/test-engine/tools";
import { temporaryFolder } from "./folder.ts";

export interface TestEngine extends Engine {
  /** process.env with the engine's: for every command of a test. */
  readonly processEnv: NodeJS.ProcessEnv;
  /** Replaces the public Node image, in the engine's registry. */
  base(): Promise<BaseImage>;
  /** Replaces BuildKit's SBOM scanner, in the engine's registry. */
  sbomGenerator(): Promise<string>;
}

const log = (line: string) => console.error(`engine: ${line}`);

/**
 * The engine that the runner shares (XNOVU_TEST_ENGINE names its folder), or one of its own when a file runs alone.
 * Undefined, with a loud word, where the machine cannot run one; in CI that is an error. A part that is missing or does
 * not start is an error everywhere.
 *
 * @throws NoEngineHereError in CI; EngineError.
 */
export async function testEngine(): Promise<TestEngine | undefined> {
  const shared = process.env.XNOVU_TEST_ENGINE;
  if (shared) return withImages(joinEngine(shared));
  try {
    return withImages(await privateEngine());
  } catch (error) {
    if (!(error instanceof NoEngineHereError) || process.env.CI === "true") throw error;
    console.error(`\n*** SKIPPED: ${error.message}. Every test of images needs one. ***\n`);
    return undefined;
  }
}

/** An engine for tests that stop or kill it. @throws as startEngine does. */
export async function privateEngine(): Promise<Engine> {
  const folder = temporaryFolder("xnovu-engine-");
  try {
    return await startEngine({ dir: folder.path, log });
  } catch (error) {
    rmSync(folder.path, { recursive: true, force: true });
    throw error;
  }
}

/** Gets everything that tests of images need, before any test's time limit runs. Minutes on a new machine, nothing later. */
export async function prepareEngine(): Promise<void> {
  if (await hostProblem()) return;
  await engineTools(log);
  await baseLayout(log);
  await generatorLayout(log);
  await haproxyLayout(log);
}

function withImages(engine: Engine): TestEngine {
  let base: Promise<BaseImage> | undefined;
  let generator: Promise<string> | undefined;
  return {
    ...engine,
    processEnv: { ...process.env, ...engine.env },
    base: () => {
      base ??= baseImage({ engine, log });
      return base;
    },
    sbomGenerator: () => {
      generator ??= sbomGenerator({ engine, log });
      return generator;
    },
  };
}
