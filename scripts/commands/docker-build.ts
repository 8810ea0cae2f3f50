import { type Command, text } from "../cli/command.ts";
import { builderFlag, tagFlag, tagPrefixFlag } from "../image/flags.ts";

export const dockerBuild: Command = {
  name: "docker:build",
  summary: "build the image, tagged from git",
  examples: [
    ["docker:build", "for this machine's platform, into its Docker engine"],
    ["docker:build --platform linux/arm64", "for another platform"],
    ["docker:build --no-cache --metadata-file build.json", "without the build cache, with buildx's metadata"],
    ["docker:build --set *.args.NPM_REGISTRY=https://mirror.example", "with a bake override"],
  ],
  notes:
    "An image for this machine's platform is loaded into the engine. For another platform, or several, the command writes an OCI archive below\n.xnovu/images, because an engine holds only one platform. Bake reads its variables (BASE_IMAGE, CACHE_FROM ...) from the environment.",
  flags: [
    { flags: "--platform <list>", about: "linux/amd64, linux/arm64, or both separated by a comma", repeat: true },
    { flags: "--no-cache", about: "do not use the build cache" },
    tagFlag,
    tagPrefixFlag,
    builderFlag,
    { flags: "--set <override>", about: "bake override: target.key=value", repeat: true },
    { flags: "--metadata-file <file>", about: "write buildx's metadata to this file" },
  ],
  async run(context, _, flags) {
    const { build } = await import("../image/build.ts");
    const { inputsFor } = await import("../image/inputs.ts");
    const { findProject, requireOwnProject } = await import("../image/project.ts");
    const { writeGithubOutput } = await import("../image/github-output.ts");
    const { interruptible } = await import("../image/interrupt.ts");
    const { resolve } = await import("node:path");
    const project = findProject(context.cwd, context.root);
    const file = text(flags, "metadataFile");
    const inputs = { ...(await inputsFor(context, flags)), metadataFile: file && resolve(context.cwd, file) };
    requireOwnProject(project, context.cwd);
    return interruptible(async (signal) => {
      const onStderr = (piece: string) => void process.stderr.write(piece);
      const { digest, destination } = await build(inputs, { cwd: project.folder, env: context.env, signal, onStderr });
      const { tags } = inputs;
      context.out(`Local tag: ${tags.local}`);
      context.out(`Digest: ${digest}`);
      if (destination.kind === "archive")
        context.out(
          `Written as an OCI archive, because the engine cannot hold it: ${destination.path} (docker:push pushes it to a registry)`,
        );
      else context.out("Loaded into the engine");
      writeGithubOutput(context.env.GITHUB_OUTPUT, {
        digest,
        image: tags.local,
        tags: tags.remote.join("\n"),
        revision: tags.revision ?? "",
        ...(destination.kind === "archive" ? { archive: resolve(project.folder, destination.path) } : {}),
      });
      return 0;
    });
  },
};
