#!/usr/bin/env node
// `docker` of a server for tests of deploy: containers and audit log are files in FAKE_DOCKER, and the health check ends with FAKE_HEALTH.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.FAKE_DOCKER;
const args = process.argv.slice(2);
const line = args.join(" ");
const file = (name) => join(folder, name);
const read = (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : "");
const containers = () => read("containers").split("\n").filter(Boolean);
const put = (names) => writeFileSync(file("containers"), names.map((name) => `${name}\n`).join(""));
const print = (text) => process.stdout.write(`${text}\n`);
const releaseOf = (name) => /-r(\d+)-/.exec(name)?.[1];
/** The lock: ends with its standard input. */
function hold() {
  print("ready");
  process.stdin.resume();
}
const checked = { State: { Running: true, ExitCode: 0 }, Config: { Healthcheck: { Test: ["CMD", "check"] } } };

const answers = [
  [/^image inspect/, () => print(JSON.stringify({ Id: "sha256:new", Config: { Labels: null } }))],
  [/^run .*--interactive/, hold],
  [/^exec \S+ sh -c .* cat /, () => process.stdout.write(read("audit"))],
  [/^exec \S+ sh -c .*printf/, () => appendFileSync(file("audit"), `${args.at(-1)}\n`)],
  [/^container inspect .*State\.Running/, () => print("true")],
  [
    /^container inspect .*json/,
    () => print(JSON.stringify({ ...checked, RestartCount: 0, NetworkSettings: { Networks: {} } })),
  ],
  [/^exec \S+ check/, () => process.exit(Number(process.env.FAKE_HEALTH ?? 0))],
  [/ doctor /, () => print('{"checks":[]}')],
  [/ migrate status /, () => print('{"applied":[],"pending":[],"destructive":[]}')],
  [
    /^compose .* up /,
    () => put([...containers(), ...["app", "worker"].map((role) => `xnovu-r${process.env.XNOVU_RELEASE}-${role}-1`)]),
  ],
  [
    /^ps --all/,
    () =>
      print(
        containers()
          .map((name) => `${name}\t${releaseOf(name)}\trunning`)
          .join("\n"),
      ),
  ],
  [/^rm /, () => put(containers().filter((name) => !args.includes(name)))],
];

appendFileSync(file("calls"), `${line}\n`);
answers.find(([pattern]) => pattern.test(line))?.[1]();
