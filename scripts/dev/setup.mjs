// Installs the packages of the lock file on a machine that has only Node, npm and git. Plain JavaScript, because tsx is not installed yet.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
// Below node_modules, so that it goes when they go.
const stamp = "node_modules/.xnovu-setup";
const members = ["bench", ...readdirSync("packages").map((name) => `packages/${name}`)];
const inputs = [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  ...members.map((folder) => `${folder}/package.json`).filter((path) => existsSync(path)),
];

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** The version that a program prints, or undefined where it is not installed. @param {string} program */
function versionOf(program) {
  try {
    return execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

function checkNode() {
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(manifest.engines.node)?.map(Number) ?? [];
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor))
    fail(
      `Node ${manifest.engines.node} is needed, and this is ${process.versions.node}. Install it from https://nodejs.org.`,
    );
}

function install() {
  const pinned = manifest.packageManager.replace(/^pnpm@/, "").replace(/\+.*$/, "");
  const [program, ...before] = versionOf("pnpm") === pinned ? ["pnpm"] : ["npx", "--yes", `pnpm@${pinned}`];
  // Without a terminal pnpm refuses to replace a node_modules of another layout unless a flag allows it.
  const args = [...before, "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
  console.error(`Installing packages by pnpm ${pinned}`);
  // Progress goes to stderr: stdout belongs to the make target.
  const { status, error } = spawnSync(program, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0)
    fail(`Installing the packages failed${error ? ` (${error.message})` : ""}: ${program} ${args.join(" ")}`);
}

const hash = createHash("sha256");
for (const input of inputs) hash.update(readFileSync(input));
const wanted = hash.digest("hex");

checkNode();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  if (!versionOf("git")) fail("git is needed: install it (https://git-scm.com) and run this again.");
  install();
  writeFileSync(stamp, wanted);
}
