import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildxProgram } from "./buildx-program.ts";
import { inFolder } from "./repository.fixture.ts";

function write(path: string, text: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test("the user's own plugin, by DOCKER_CONFIG before the home folder", () =>
  inFolder(async (folder) => {
    const [home, config] = [join(folder, "home"), join(folder, "config")];
    const inHome = write(join(home, ".docker/cli-plugins/docker-buildx"), "");
    assert.equal(buildxProgram({ HOME: home }), [inHome]);
    const inConfig = write(join(config, "cli-plugins/docker-buildx"), "");
    assert.equal(buildxProgram({ HOME: home, DOCKER_CONFIG: config }), [inConfig]);
  }));

test("through Docker where only Docker knows: more plugin folders in its configuration, or a file that cannot be run", () =>
  inFolder(async (folder) => {
    const plugin = write(join(folder, "cli-plugins/docker-buildx"), "");
    write(join(folder, "config.json"), JSON.stringify({ cliPluginsExtraDirs: ["/opt/plugins"] }));
    assert.equal(buildxProgram({ DOCKER_CONFIG: folder }), ["docker", "buildx"]);
    write(join(folder, "config.json"), "{}");
    assert.equal(buildxProgram({ DOCKER_CONFIG: folder }), [plugin]);
    // Root may read and write any file, but run none that has no such mode.
    chmodSync(plugin, 0o644);
    assert.equal(buildxProgram({ DOCKER_CONFIG: folder }), ["docker", "buildx"]);
  }));

test.run();
