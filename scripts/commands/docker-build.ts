import { type Command, text } from "../cli/command.ts";

export const dockerBuild: Command = {
  name: "docker:build",
  summary: "build the image, tagged from git",
  examples: [
    ["docker:build", "for this machine, into its Docker engine"],
    ["docker:build --platform linux/arm64", "for another platform"],
    ["docker:build --no-cache --metadata-file build.json", "from nothing, with buildx's report"],
    ["docker:build --set *.args.NPM_REGISTRY=https://mirror.example", "with one of bake's overrides"],
  ],
  notes:
    "This machine's own platform is loaded into the engine. Another one, or several, are kept as an OCI archive below .xnovu/images: an engine holds\none platform. Variables of docker-bake.hcl (BASE_IMAGE, CACHE_FROM ...) are read from the environment.",
  flags: [
    { flags: "--platform <list>", about: "linux/amd64, linux/arm64, or both with a comma", repeat: true },
    { flags: "--no-cache", about: "take nothing from the build cache" },
    { flags: "-t, --tag <tag>", about: "use this tag in place of those from git" },
    { flags: "--tag-prefix <prefix>", about: "git's version tags start so, as release/ in release/v1.2.3" },
    { flags: "--builder <name>", about: "buildx builder to build with" },
    { flags: "--set <override>", about: "bake override: target.key=value", repeat: true },
    { flags: "--metadata-file <file>", about: "write buildx's metadata there" },
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
          `Kept as an OCI archive, as the engine cannot hold it: ${destination.path} (docker:push puts it into a registry)`,
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
