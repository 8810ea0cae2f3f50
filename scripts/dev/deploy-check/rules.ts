import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at, listAt, type Manifest, nameOf, ofKind, podMakers, podOf } from "./manifest.ts";
import { linkErrors } from "./rules-links.ts";
import { metricsErrors } from "./rules-metrics.ts";
import { podErrors } from "./rules-pods.ts";
import { scalingErrors } from "./rules-scaling.ts";
import { defaultOf, settingErrors } from "./rules-settings.ts";

/** Violations of the project's own rules in a rendered set of manifests. */
export function ruleErrors(manifests: readonly Manifest[], version: string): string[] {
  const settings = ofKind(manifests, "ConfigMap")[0];
  const timeout = at(settings, "data", "XNOVU_SHUTDOWN_TIMEOUT_MS") ?? defaultOf("XNOVU_SHUTDOWN_TIMEOUT_MS");
  return [
    ...settingErrors(manifests),
    ...podErrors(manifests, Number(timeout)),
    ...linkErrors(manifests),
    ...metricsErrors(manifests),
    ...scalingErrors(manifests),
    ...imageErrors(manifests, version),
  ];
}

/** The image in git has the tag of this version, which a push of the tagged commit creates. */
function imageErrors(manifests: readonly Manifest[], version: string): string[] {
  return podMakers(manifests).flatMap((maker) => {
    const images = [...listAt(podOf(maker), "initContainers"), ...listAt(podOf(maker), "containers")].map((container) =>
      String(at(container, "image")),
    );
    const other = images.filter((image) => !image.endsWith(`/xnovu:v${version}`));
    const job = maker.kind === "Job" && !maker.metadata.name.endsWith(`-v${version}`);
    return [
      ...other.map((image) => `${nameOf(maker)}: its image is ${image}, and package.json has ${version}`),
      ...(job
        ? [`${nameOf(maker)}: its name must end with the tag of the image, because a Job cannot be changed`]
        : []),
    ];
  });
}

export function projectVersion(root: string): string {
  const parsed: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return String(at(parsed, "version"));
}
