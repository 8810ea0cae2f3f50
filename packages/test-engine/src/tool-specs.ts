/** A program that the engine needs beside dockerd, and how to get it. */
export interface ToolSpec {
  readonly name: string;
  /** The version that is built when none is found. */
  readonly version: string;
  /** The oldest version on PATH that is good enough. */
  readonly minimum: string;
  /** Go packages by the name of their binary. All belong to one module. */
  readonly packages: Readonly<Record<string, string>>;
  /** Go variable that tells the program its version; `go build` alone leaves `unknown` in it. */
  readonly versionVariable: string;
  readonly versionArgs: readonly string[];
}

const buildx = "github.com/docker/buildx";
const buildkit = "github.com/moby/buildkit";
// 5.7 wants a newer Go than the others do.
const compose = "github.com/docker/compose/v5";
const crane = "github.com/google/go-containerregistry/cmd/crane";

/** Minimums: typed bake variables came with buildx 0.28, `rewrite-timestamp` on attested images is sound since BuildKit 0.20. */
export const toolSpecs = {
  buildx: {
    name: "buildx",
    version: "0.38.2",
    minimum: "0.28.0",
    packages: { "docker-buildx": `${buildx}/cmd/buildx` },
    versionVariable: `${buildx}/version.Version`,
    versionArgs: ["version"],
  },
  buildkit: {
    name: "buildkit",
    version: "0.34.2",
    minimum: "0.20.0",
    packages: { buildkitd: `${buildkit}/cmd/buildkitd`, buildctl: `${buildkit}/cmd/buildctl` },
    versionVariable: `${buildkit}/version.Version`,
    versionArgs: ["--version"],
  },
  compose: {
    name: "compose",
    version: "5.1.2",
    minimum: "2.30.0",
    packages: { "docker-compose": `${compose}/cmd` },
    versionVariable: `${compose}/internal.Version`,
    versionArgs: ["version"],
  },
  crane: {
    name: "crane",
    version: "0.22.1",
    minimum: "0.20.0",
    packages: { crane },
    versionVariable: `${crane}/cmd.Version`,
    versionArgs: ["version"],
  },
} as const satisfies Record<string, ToolSpec>;
