// time limit: 900 s
// The image for the other architecture, built without emulation and pushed, starts its worker.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { enableArm64 } from "@xnovu/test-engine/arm64";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { testDatabase } from "./support/database.ts";
import { testEngine } from "./support/engine.ts";
import { temporaryFolder } from "./support/folder.ts";
import { buildEnv, envFile, hostServers, projectCheckout, succeed, xnovu } from "./support/real-image.ts";
import { testTemporal } from "./support/temporal.ts";
import { within } from "./support/within.ts";
import { ask, until } from "./support/worker.ts";

const run = async () => {
  const engine = await testEngine();
  if (!engine) return;
  const folder = temporaryFolder("xnovu-arm64-");
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  const servers = await hostServers(engine, database.url, temporal.address);
  const repository = projectCheckout(join(folder.path, "checkout"));
  const place = { cwd: repository.path, env: { ...(await buildEnv(engine)), SBOM_GENERATOR: "none" } };
  const name = `arm64-${process.pid}`;
  const docker = (...args: string[]) => succeed("docker", args, place);
  let emulation: Awaited<ReturnType<typeof enableArm64>> | undefined;
  try {
    // Built where nothing can run an arm64 program: without waiting for the emulation, which another test may hold.
    const pushed = await xnovu(`docker:push -r ${engine.registry.host}/${name} --platform linux/arm64`, place);
    assert.is(pushed.code, 0, pushed.stderr.slice(-3_000));
    const image = `${engine.registry.host}/${name}/xnovu:latest`;
    const settings = join(folder.path, "env");
    writeFileSync(settings, envFile(servers.settings));
    emulation = await enableArm64(console.error);
    const port = await freePort();
    const options = ["--platform", "linux/arm64", "--name", name, "--env-file", settings, "--read-only"];
    const mapped = ["--tmpfs", "/tmp", "--publish", `127.0.0.1:${port}:3001`];
    await docker("run", "--detach", ...options, ...mapped, image, "pnpm", "xnovu", "worker", "start");
    assert.is(await docker("exec", name, "node", "-p", "process.arch"), "arm64");
    // An emulated program loads ten times slower.
    const live = until(
      async () => (await ask(`http://127.0.0.1:${port}/health/live`))?.code === 200,
      150_000,
      () => "/health/live does not answer 200",
    );
    await live.catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await docker("logs", "--tail", "30", name)}`);
    });
    await docker("stop", "--time", "60", name);
    assert.is(await docker("inspect", "--format", "{{.State.ExitCode}}", name), "0");
  } finally {
    await docker("rm", "--force", name).catch(() => undefined);
    await emulation?.disable();
    await servers.close();
    await Promise.all([database.close(), temporal.close()]);
    await engine.stop();
    folder.remove();
  }
};

test(
  "the pushed arm64 image starts its worker under emulation, which answers /health/live and drains",
  within(840, run),
);

test.run();
