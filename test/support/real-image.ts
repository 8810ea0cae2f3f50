import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningNovu, startNovu } from "@xnovu/novu-emulator";
import { gitEnv, type Repository, repositoryAt } from "../../scripts/image/repository.fixture.ts";
import { childEnv } from "../../scripts/image/run-step.ts";
import type { TestEngine } from "./engine.ts";

// The project's own image: its sources as a clean checkout, the command line in it, and servers that containers reach.

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What git has and would add of this work tree, as one commit in a folder. The commit is the same each time, so that all files of tests
 * share what BuildKit has built for the first of them.
 */
export function projectCheckout(path: string): Repository {
  const listed = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 16 << 20,
    },
  );
  const repository = repositoryAt(path);
  for (const file of listed.split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    // A file that was deleted and not yet committed is in the list.
    if (!existsSync(join(root, file))) continue;
    cpSync(join(root, file), join(path, file), { recursive: true, verbatimSymlinks: true });
  }
  repository.commit("the work tree");
  return repository;
}

/** For every build: the base that stands in for the public one, and the way to npm that this machine uses, by the documented variables. */
export async function buildEnv(engine: TestEngine): Promise<NodeJS.ProcessEnv> {
  const base = await engine.base();
  return childEnv({
    ...engine.processEnv,
    ...gitEnv,
    PATH: engine.processEnv.PATH,
    BASE_IMAGE: base.reference,
    SBOM_GENERATOR: await engine.sbomGenerator(),
    NPM_REGISTRY: execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim(),
    CA_FILE: process.env.NODE_EXTRA_CA_CERTS ?? "",
    GITHUB_OUTPUT: "",
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a program to its end, whatever that is. */
export async function command(file: string, args: readonly string[], { cwd, env }: Place): Promise<Ended> {
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, stdout, stderr };
}

/** `pnpm xnovu …` as it is typed in a checkout, without pnpm. */
export const xnovu = (line: string, place: Place): Promise<Ended> =>
  command(process.execPath, [join(root, "scripts/xnovu.mjs"), ...line.split(" ")], place);

/** As {@link command}, for those that must succeed; gives what they print. */
export async function succeed(file: string, args: readonly string[], place: Place): Promise<string> {
  const { code, stdout, stderr } = await command(file, args, place);
  if (code !== 0) throw new Error(`${file} ${args.slice(0, 4).join(" ")} ended with ${code}:\n${stderr}${stdout}`);
  return stdout.trim();
}

export interface HostServers {
  readonly novu: RunningNovu;
  /** Settings of app and worker in a container. */
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A Novu emulator, and the ways by which containers reach it, the database and Temporal, all of which listen on this machine alone. */
export async function hostServers(
  engine: TestEngine,
  databaseUrl: string,
  temporalAddress: string,
): Promise<HostServers> {
  const secretKey = "novu-key-of-the-image-test";
  const novu = await startNovu({ secretKey });
  const database = new URL(databaseUrl);
  const ways = await Promise.all([
    engine.expose(Number(database.port)),
    engine.expose(Number(temporalAddress.split(":").at(-1))),
    engine.expose(novu.port),
  ]);
  const [toDatabase, toTemporal, toNovu] = ways.map(({ address }) => address);
  database.host = toDatabase ?? "";
  return {
    novu,
    settings: {
      NOVU_SECRET_KEY: secretKey,
      NOVU_API_URL: `http://${toNovu}`,
      DATABASE_URL: database.href,
      TEMPORAL_ADDRESS: toTemporal ?? "",
      TEMPORAL_NAMESPACE: "xnovu",
      TEMPORAL_TASK_QUEUE: `image-${process.pid}`,
    },
    close: async () => {
      await Promise.all(ways.map((way) => way.close()));
      await novu.close();
    },
  };
}

/** `NAME=value` lines, as Docker and Compose read them. */
export const envFile = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
