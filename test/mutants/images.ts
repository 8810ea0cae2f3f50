import { mutantsOf } from "./mutant.ts";

const state = ["scripts/image/git-state.test.ts", "scripts/image/reference.test.ts"];
const guard = ["scripts/image/guard.test.ts"];
const releases = ["scripts/deploy/releases.test.ts"];

/** From a commit to an image in the registry, and from there to a release. */
export const imageMutants = [
  ...mutantsOf("tags", "scripts/image/tags.ts", state, {
    "a changed tree has the clean commit's tag": { find: '"-dirty" : ""}`);', replace: '"" : ""}`);' },
    "a changed tree has the version's tag": {
      find: "const version = dirty ? undefined : state",
      replace: "const version = state",
    },
    "a + stays in a tag": { find: 'version.replaceAll("+", "-")', replace: "version" },
  }),
  ...mutantsOf("version", "scripts/image/version.ts", ["scripts/image/version.test.ts"], {
    "a release comes before its prereleases": {
      find: "Math.sign(b.prerelease.length - a.prerelease.length)",
      replace: "Math.sign(a.prerelease.length - b.prerelease.length)",
    },
  }),
  ...mutantsOf("plan", "scripts/image/bake-plan.ts", ["scripts/image/bake.test.ts", ...guard], {
    "latest is pushed with the other tags": {
      find: 'bareTag(reference) !== "latest"',
      replace: 'bareTag(reference) !== ""',
    },
  }),
  ...mutantsOf("guard", "scripts/image/guard.ts", guard, {
    "a changed tree is pushed": { find: "if (!dirty || allowDirty) return;", replace: "return;" },
    "a version's tag moves to another commit": {
      find: "if (old !== undefined && old === revision) return;",
      replace: "return;",
    },
    "a prerelease takes latest": { find: "if (own.prerelease.length > 0) return", replace: "if (false) return" },
  }),
  ...mutantsOf("push", "scripts/image/push.ts", ["test/image-push.test.ts"], {
    "a tag that reads back as another digest is accepted": {
      find: "if (found?.digest === digest) return found;",
      replace: "if (found) return found;",
    },
  }),
  ...mutantsOf("deploy", "scripts/deploy/deploy.ts", ["scripts/deploy/deploy.test.ts"], {
    "a failed release stays on the server": { find: "await removeRelease(what.release, server);", replace: "" },
  }),
  ...mutantsOf("deploy", "scripts/deploy/checks.ts", ["scripts/deploy/checks.test.ts"], {
    "bad settings do not stop a deploy": { find: 'state === "bad" || ', replace: "" },
    "a migration that breaks the live release is applied": {
      find: "if (allowed) return release;",
      replace: "return release;",
    },
  }),
  ...mutantsOf("deploy", "scripts/deploy/proxy-config.ts", ["scripts/deploy/proxy-config.test.ts"], {
    "the old release keeps getting requests": { find: "state drain`", replace: "state ready`" },
  }),
  ...mutantsOf("rollback", "scripts/deploy/releases.ts", releases, {
    "goes back to a release that the schema left behind": { find: "if (wanted < oldest)", replace: "if (wanted < 0)" },
    "the release to go back to is pruned": {
      find: "Math.max(0, keep - safe)",
      replace: "Math.max(0, keep - safe - 1)",
    },
    "a pruned release counts as previous": { find: "return fits(from) ? from :", replace: "return from > 0 ? from :" },
  }),
];
