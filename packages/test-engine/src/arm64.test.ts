import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testEngine } from "xnovu/test/support/engine.ts";
import { enableArm64 } from "./arm64.ts";
import { output } from "./command.ts";

test("an arm64 container runs by emulation, and nothing of that is left afterwards", async () => {
  const engine = await testEngine();
  if (!engine) return;
  const before = existsSync("/proc/sys/fs/binfmt_misc/qemu-aarch64");
  const emulation = await enableArm64(console.error);
  try {
    const { reference } = await engine.base();
    const env = engine.processEnv;
    // By its digest: this engine keeps one image for a tag, and others use the machine's own under it.
    const digest = await output("crane", ["digest", "--platform", "linux/arm64", reference], { env });
    const image = `${reference.replace(/:[^:/]+$/, "")}@${digest.trim()}`;
    const run = ["run", "--rm", "--platform", "linux/arm64", image];
    const docker = (args: readonly string[]) => output("docker", [...run, ...args], { env });
    assert.is((await docker(["node", "-p", "process.arch"])).trim(), "arm64");
    // The programs of every package were replaced, not only Node: none of the other architecture is left.
    // /usr/sbin/ldconfig knows the loaders of all architectures.
    const programs =
      "cat /usr/bin/* 2>/dev/null | grep -c x86-64.so.2 || true; id -un; perl -v | sed -n 2p; ls /etc/ssl/certs | wc -l";
    const [loaders, user, perl = "", certificates] = (await docker(["sh", "-c", programs])).trim().split("\n");
    assert.equal([loaders, user], ["0", "root"]);
    assert.match(perl, /aarch64-linux-gnu/);
    assert.ok(Number(certificates) > 100);
  } finally {
    await emulation.disable();
    await engine.stop();
  }
  assert.is(existsSync("/proc/sys/fs/binfmt_misc/qemu-aarch64"), before);
});

test.run();
