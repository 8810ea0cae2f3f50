import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Step } from "../image/run-step.ts";
import {
  planAnyImage,
  planCheck,
  planExplain,
  planImages,
  planInspectImage,
  planList,
  planProgram,
  planPruneNetworks,
  planPull,
  planRemove,
  planRemoveImage,
  planStart,
  planStop,
  planTag,
  planUp,
} from "./release-plan.ts";
import {
  planAppendAudit,
  planHasVolume,
  planLock,
  planPeek,
  planPortHolders,
  planProxyCommands,
  planProxyUp,
  planReadAudit,
  planWriteProxyConfig,
} from "./server-plan.ts";

// Whole command lines, quoted only where an argument contains a space.
const line = ({ argv }: Step) => argv.map((word) => (/\s/.test(word) ? `<${word}>` : word)).join(" ");
const inputs = { files: [], envFile: undefined };
const project = "docker compose --project-name xnovu-r7 --project-directory .";
const bare = "--network none --read-only --cap-drop ALL --user 0:0";
const read = "<[ ! -e /state/audit-log.jsonl ] || cat /state/audit-log.jsonl>";

const plans: readonly (readonly [Step, string])[] = [
  [planPull("reg.example/team/xnovu:v1"), "docker pull --quiet reg.example/team/xnovu:v1"],
  [planInspectImage("x:1"), "docker image inspect --format <{{json .}}> x:1"],
  [planTag("sha256:ab", 7), "docker tag sha256:ab xnovu-release:r7"],
  [planRemoveImage("xnovu-release:r7"), "docker image rm xnovu-release:r7"],
  [planImages(), "docker image ls --no-trunc --format <{{.Repository}}:{{.Tag}} {{.ID}}>"],
  [planAnyImage(), "docker image ls --quiet --filter label=org.opencontainers.image.title=xnovu"],
  [
    planLock("sha256:ab", "ada@desk", "deploy"),
    `docker run --rm --interactive --name xnovu-deploy --label xnovu.by=ada@desk --label xnovu.action=deploy ${bare} --no-healthcheck --volume xnovu-deploy:/state --volume xnovu-proxy:/proxy sha256:ab sh -c <echo ready; exec cat>`,
  ],
  [planReadAudit(), `docker exec xnovu-deploy sh -c ${read}`],
  [
    planAppendAudit('{"a":1}'),
    `docker exec xnovu-deploy sh -c <printf '%s\\n' "$1" >> /state/audit-log.jsonl> sh {"a":1}`,
  ],
  [
    planWriteProxyConfig("cfg"),
    `docker exec xnovu-deploy sh -c <printf '%s' "$1" > /proxy/new && mv /proxy/new /proxy/haproxy.cfg> sh cfg`,
  ],
  [planHasVolume(), "docker volume inspect --format {{.Name}} xnovu-deploy"],
  [planPeek("sha256:ab"), `docker run --rm ${bare} --volume xnovu-deploy:/state:ro sha256:ab sh -c ${read}`],
  [
    planProxyUp(inputs),
    "docker compose --project-name xnovu-proxy --project-directory . --file deploy/compose/proxy.yaml up --detach",
  ],
  [
    planProxyCommands(["one", "two"]),
    `docker exec xnovu-proxy bash -c <exec 3<>/dev/tcp/127.0.0.1/9999; printf "%s\\n" "$1" >&3; cat <&3> bash <one; two>`,
  ],
  [
    planPortHolders(4000),
    'docker ps --filter publish=4000 --format <{{.Names}}\t{{.Label "com.docker.compose.project"}}>',
  ],
  [
    planProgram(7, inputs, ["doctor", "--json"]),
    `${project} --file compose.yaml --file deploy/compose/release.yaml run --rm --no-deps --no-TTY migrate pnpm xnovu doctor --json`,
  ],
  [
    planUp(7, { files: ["/srv/limits.yaml"], envFile: "/srv/production.env" }),
    `${project} --file compose.yaml --file /srv/limits.yaml --file deploy/compose/release.yaml --env-file /srv/production.env up --detach --no-deps --no-build --pull never app worker`,
  ],
  [planStart(7), "docker start xnovu-r7-app-1 xnovu-r7-worker-1"],
  [planCheck("c", ["CMD", "wget", "-q", "http://localhost"]), "docker exec c wget -q http://localhost"],
  [planCheck("c", ["CMD-SHELL", "wget -q x || exit 1"]), "docker exec c sh -c <wget -q x || exit 1>"],
  [planExplain("c"), "docker exec c node /app/bin/healthcheck.mjs"],
  [planStop(["a", "b"]), "docker stop a b"],
  [planPruneNetworks(7), "docker network prune --force --filter label=com.docker.compose.project=xnovu-r7"],
  [planRemove(["a"]), "docker rm --force --volumes a"],
  [
    planList(),
    'docker ps --all --filter label=xnovu.release --format <{{.Names}}\t{{.Label "xnovu.release"}}\t{{.State}}>',
  ],
];
for (const [step, expected] of plans) test(`plan: ${expected.slice(0, 70)}`, () => assert.is(line(step), expected));

test("a release's compose file gets only its image and its number, no settings", () => {
  assert.equal(planUp(7, inputs).env, { XNOVU_IMAGE: "xnovu-release:r7", XNOVU_RELEASE: "7" });
  assert.equal(planProxyUp(inputs).env, {});
});

test.run();
