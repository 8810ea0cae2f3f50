import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at, listAt, type Manifest, nameOf, ofKind, podMakers, podOf } from "./manifest.ts";
import { linkFaults } from "./rules-links.ts";
import { metricsFaults } from "./rules-metrics.ts";
import { podFaults } from "./rules-pods.ts";
import { scalingFaults } from "./rules-scaling.ts";
import { defaultOf, settingFaults } from "./rules-settings.ts";

/** Everything that is wrong with a rendered set of manifests by this project's own rules. Empty when nothing is. */
export function ruleFaults(manifests: readonly Manifest[], version: string): string[] {
  const settings = ofKind(manifests, "ConfigMap")[0];
  const timeout = at(settings, "data", "XNOVU_SHUTDOWN_TIMEOUT_MS") ?? defaultOf("XNOVU_SHUTDOWN_TIMEOUT_MS");
  return [
    ...settingFaults(manifests),
    ...podFaults(manifests, Number(timeout)),
    ...linkFaults(manifests),
    ...metricsFaults(manifests),
    ...scalingFaults(manifests),
    ...imageFaults(manifests, version),
  ];
}

/** The image that stands in git is this version's: the tag that a push of the tagged commit makes. */
function imageFaults(manifests: readonly Manifest[], version: string): string[] {
  return podMakers(manifests).flatMap((maker) => {
    const images = [...listAt(podOf(maker), "initContainers"), ...listAt(podOf(maker), "containers")].map((container) =>
      String(at(container, "image")),
    );
    const other = images.filter((image) => !image.endsWith(`/xnovu:v${version}`));
    const job = maker.kind === "Job" && !maker.metadata.name.endsWith(`-v${version}`);
    return [
      ...other.map((image) => `${nameOf(maker)}: its image is ${image}, and package.json has ${version}`),
      ...(job ? [`${nameOf(maker)}: its name must end with the image's tag, as a Job cannot be changed`] : []),
    ];
  });
}

export function projectVersion(root: string): string {
  const parsed: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return String(at(parsed, "version"));
}
