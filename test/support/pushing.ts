import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "@xnovu/test-engine/command";
import { type Engine, startEngine } from "@xnovu/test-engine/engine";
import { NoEngineHereError } from "@xnovu/test-engine/errors";
import { gitEnv, inFolder, type Repository, repositoryAt } from "../../scripts/image/repository.fixture.ts";
import { childEnv } from "../../scripts/image/run-step.ts";
import { temporaryFolder } from "./folder.ts";
import { type RegistryProxy, registryProxy } from "./registry-proxy.ts";

// docker:push as it is typed, on a real BuildKit and a real registry that misbehaves on order; crane is the witness. The image is a small one:
// what is pushed does not matter here, where it ends up does.

const root = fileURLToPath(new URL("../..", import.meta.url));
let engine: Engine | undefined;
let proxy: RegistryProxy | undefined;
const folder = temporaryFolder("xnovu-push-");

/** Starts engine and registry; where the machine cannot run one, every test is skipped with a loud word, but in CI it fails. */
export async function startPushing(): Promise<void> {
  try {
    engine = await startEngine({ dir: join(folder.path, "e"), log: console.warn });
    proxy = await registryProxy(engine.registry.host);
  } catch (error) {
    if (!(error instanceof NoEngineHereError) || process.env.CI) throw error;
    console.warn(`SKIPPED, EVERY TEST OF THIS FILE: ${error.message}`);
  }
}

export async function stopPushing(): Promise<void> {
  await proxy?.close();
  await engine?.stop();
  folder.remove();
}

/** A project with one commit, and a repository of the registry to itself. */
export interface Place {
  readonly repository: Repository;
  readonly registry: string;
  readonly reference: string;
  readonly proxy: RegistryProxy;
  start(...args: string[]): ChildProcess;
  push(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  crane(...args: string[]): Promise<string>;
  /** Blocks this process meanwhile: for use within a request to the proxy. */
  craneNow(...args: string[]): void;
  labels(tag: string): Promise<Record<string, string>>;
}

let number = 0;

/** A test in a place of its own. */
export function place(work: (place: Place) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (path) => {
      if (engine === undefined || proxy === undefined) return;
      const own = { engine, proxy };
      proxy.behave(() => "pass");
      proxy.requests.length = 0;
      const repository = repositoryAt(join(path, "repo"));
      copyFileSync(join(root, "docker-bake.hcl"), join(repository.path, "docker-bake.hcl"));
      repository.write("Dockerfile", "FROM scratch AS runtime\nCOPY file /file\n");
      repository.write("file", `${++number}`);
      repository.commit("first");
      const registry = `${proxy.host}/team${number}`;
      const env = childEnv({ ...process.env, ...gitEnv, ...engine.env, SBOM_GENERATOR: "none", GITHUB_OUTPUT: "" });
      const crane = (...args: string[]) => output("crane", args, { env }).then((text) => text.trim());
      const start = (...args: string[]) =>
        spawn(process.execPath, [join(root, "scripts/xnovu.mjs"), "docker:push", "-r", registry, ...args], {
          cwd: repository.path,
          env,
          stdio: ["ignore", "pipe", "pipe"],
        });
      await work({
        repository,
        registry,
        reference: `${own.engine.registry.host}/team${number}/xnovu`,
        proxy: own.proxy,
        start,
        push: (...args) => ended(start(...args)),
        crane,
        craneNow: (...args) => void execFileSync("crane", args, { env, stdio: "ignore" }),
        labels: async (tag) =>
          JSON.parse(
            await crane(
              "config",
              "--platform",
              "linux/amd64",
              `${own.engine.registry.host}/team${number}/xnovu:${tag}`,
            ),
          ).config.Labels,
      });
    });
}

/** Waits for the end of a command. */
export async function ended(child: ChildProcess) {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr?.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}
