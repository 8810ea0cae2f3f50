import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, type Flags, isSet, json } from "../cli/command.ts";
import { type BakeInputs, movedLast, planPrint } from "../image/bake-plan.ts";
import { commandError } from "../image/buildx.ts";
import { buildxProgram } from "../image/buildx-program.ts";
import { builderFlag, latestFlag, requireVersionFlag, tagPrefixFlag } from "../image/flags.ts";
import { requireCleanTree } from "../image/guard.ts";
import { inputsFor, tagLines, tagOptions } from "../image/inputs.ts";
import { findProject, type Project, requireOwnProject } from "../image/project.ts";
import { run, warmUp } from "../image/run-step.ts";

export const dockerPush: Command = {
  name: "docker:push",
  summary: "build the image and push it under the tags from git",
  examples: [
    ["docker:push --dry-run", "print the tags and bake's plan; needs no engine and no network"],
    ["docker:push -r custom-registry", "to another registry"],
    ["docker:push -r 127.0.0.1:5000/team --platform linux/amd64,linux/arm64", "both platforms under one tag"],
    ["docker:push --latest auto --require-version", "for a release pipeline"],
  ],
  notes:
    "Refuses a tree with uncommitted changes (exit 2) unless --allow-dirty. Never overwrites a commit or version tag of another revision unless\n--move-tag. Moves latest last, after reading every other tag back. Retries broken connections and 5xx responses 3 times.",
  flags: [
    { flags: "--dry-run", about: "print the tags and bake's plan without pushing" },
    {
      flags: "-r, --registry <registry>",
      about: "registry and namespace (default registry.cn-shanghai.aliyuncs.com/yogosystem)",
    },
    { flags: "--platform <list>", about: "linux/amd64, linux/arm64 (default both)", repeat: true },
    builderFlag,
    { flags: "-t, --tag <tag>", about: "push only this tag instead of the tags from git" },
    tagPrefixFlag,
    { flags: "--require-clean", about: "refuse uncommitted changes in a dry run too" },
    { flags: "--allow-dirty", about: "push despite uncommitted changes; the revision label ends in -dirty" },
    { flags: "--move-tag", about: "overwrite a tag that belongs to another revision" },
    latestFlag,
    requireVersionFlag,
    json,
  ],
  async run(context, _, flags) {
    if (isSet(flags, "requireClean") && isSet(flags, "allowDirty"))
      throw new UsageError("--require-clean and --allow-dirty contradict each other", "Pass only one of them.");
    const project = findProject(context.cwd, context.root);
    const reading = inputsFor(context, flags);
    // In parallel with git.
    warmUp();
    const inputs = await reading;
    if (isSet(flags, "requireClean")) requireCleanTree(inputs.tags, false);
    if (isSet(flags, "dryRun")) return dryRun(context, flags, inputs, project);
    requireCleanTree(inputs.tags, isSet(flags, "allowDirty"));
    requireOwnProject(project, context.cwd);
    return pushNow(context, flags, inputs, project);
  },
};

async function dryRun(context: Context, flags: Flags, inputs: BakeInputs, { folder }: Project): Promise<number> {
  const printed = await run(planPrint(inputs, buildxProgram(context.env)), { cwd: folder, env: context.env });
  if (!printed.ok) throw commandError("docker buildx bake --print", printed);
  if (isSet(flags, "json")) {
    context.out(JSON.stringify({ ...inputs.tags, plan: JSON.parse(printed.stdout) }, undefined, 2));
    return 0;
  }
  for (const line of tagLines(inputs.tags)) context.out(line);
  context.out(printed.stdout.trimEnd());
  const last = movedLast(inputs.tags);
  if (last !== undefined) context.note(`${last} moves after the tags above were read back from the registry.`);
  return 0;
}

async function pushNow(context: Context, flags: Flags, inputs: BakeInputs, { folder }: Project): Promise<number> {
  const { push } = await import("../image/push.ts");
  const { interruptible } = await import("../image/interrupt.ts");
  const { writeGithubOutput } = await import("../image/github-output.ts");
  return interruptible(async (signal) => {
    const result = await push(inputs, {
      cwd: folder,
      env: context.env,
      signal,
      note: context.note,
      onStderr: (piece) => void process.stderr.write(piece),
      registry: inputs.repository,
      moveTag: isSet(flags, "moveTag"),
      latest: tagOptions(flags).latest,
    });
    writeGithubOutput(context.env.GITHUB_OUTPUT, {
      digest: result.digest,
      tags: result.tags.join("\n"),
      revision: inputs.tags.revision ?? "",
    });
    if (isSet(flags, "json")) {
      context.out(
        JSON.stringify(
          { ...inputs.tags, digest: result.digest, platforms: result.platforms, pushed: result.tags },
          undefined,
          2,
        ),
      );
      return 0;
    }
    for (const line of tagLines(inputs.tags)) context.out(line);
    context.out(`Digest: ${result.digest}`);
    for (const { platform, digest } of result.platforms) context.out(`  ${platform}  ${digest}`);
    for (const reference of result.tags) context.out(`Pushed ${reference}`);
    return 0;
  });
}
