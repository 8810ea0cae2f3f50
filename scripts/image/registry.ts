import { setTimeout as sleep } from "node:timers/promises";
import { XnovuError } from "../../core/errors.ts";
import { commandError, dockerBuildx, lastLine } from "./buildx.ts";
import { loginHost } from "./reference.ts";
import { type Ran, type RunOptions, run, type Step } from "./run.ts";

export const revisionLabel = "org.opencontainers.image.revision";
export const versionLabel = "org.opencontainers.image.version";

/** What a registry holds under a reference. */
export interface Pushed {
  /** Of the index, or of the manifest where there is one platform only. */
  readonly digest: string;
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
  readonly labels: Readonly<Record<string, string>>;
}

export type FailureKind = "missing" | "refused" | "passing" | "other";

/** Sorts a client's words: `refused` needs a person, `passing` is worth another try. By text: the clients give one exit code for all. */
export function failureKind(stderr: string): FailureKind {
  if (/\b(401|403)\b|unauthorized|forbidden|denied|authentication required|no basic auth credentials/i.test(stderr))
    return "refused";
  if (/not found|manifest unknown|name unknown|\b404\b/i.test(stderr)) return "missing";
  if (
    /\b(500|502|503|504|429)\b|internal server error|bad gateway|service unavailable|gateway time-?out|too many requests/i.test(
      stderr,
    )
  )
    return "passing";
  if (
    /\bEOF\b|connection (reset|refused)|broken pipe|i\/o timeout|TLS handshake timeout|context deadline exceeded|use of closed|stream (error|closed)/i.test(
      stderr,
    )
  )
    return "passing";
  return "other";
}

export interface RetryOptions extends RunOptions {
  readonly registry: string;
  readonly note: (line: string) => void;
  /** Milliseconds before the second, third and fourth try. */
  readonly waits?: readonly number[];
}

/**
 * Runs a step that talks to a registry, up to three times more after a failure that may pass.
 *
 * @throws XnovuError at once when the registry refuses (401, 403), naming the login command; with its last words otherwise.
 */
export async function withRetries(what: string, step: Step, options: RetryOptions): Promise<Ran> {
  const waits = options.waits ?? [1_000, 3_000, 9_000];
  for (let tries = 0; ; tries++) {
    const ran = await run(step, options);
    if (ran.ok) return ran;
    const kind = failureKind(errorsOf(ran.stderr));
    if (kind === "refused") throw refused(options.registry, ran);
    const wait = waits[tries];
    if (kind !== "passing" || wait === undefined || options.signal?.aborted) throw commandError(what, ran);
    options.note(`${what} failed (${lastLine(ran.stderr)}); trying again in ${wait / 1000} s`);
    await sleep(wait, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** BuildKit's progress shows commands and their output too, and only the lines of the failure itself say why it failed. */
const errorsOf = (stderr: string): string => {
  const lines = stderr.split("\n").filter((line) => /^\s*(#\d+ )?(ERROR|error)\b/.test(line));
  return lines.length === 0 ? lastLine(stderr) : lines.join("\n");
};

function refused(registry: string, ran: Ran): XnovuError {
  const host = loginHost(registry);
  return new XnovuError(`${host || "Docker Hub"} refuses this account: ${lastLine(ran.stderr)}`, {
    hint: `Log in with an account that may push there: docker login${host ? ` ${host}` : ""}`,
  });
}

/** What a reference holds in the registry; undefined when there is nothing. Needs no engine. */
export async function inspect(reference: string, shown: RetryOptions): Promise<Pushed | undefined> {
  // "not found" is an answer here, and no error to show.
  const { onStderr: _, ...options } = shown;
  const step: Step = { argv: [...dockerBuildx, "imagetools", "inspect", reference, "--format", "{{json .}}"], env: {} };
  const ran = await run(step, options);
  if (ran.ok) return parseInspect(ran.stdout);
  if (failureKind(errorsOf(ran.stderr)) === "missing") return undefined;
  return parseInspect((await withRetries(`Reading ${reference}`, step, options)).stdout);
}

interface Descriptor {
  readonly digest?: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}
interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly config?: { readonly Labels?: Readonly<Record<string, string>> };
}

/** Reads `imagetools inspect --format '{{json .}}'`. Pure. */
export function parseInspect(output: string): Pushed {
  const { manifest = {}, image } = JSON.parse(output) as {
    manifest?: Descriptor & { readonly manifests?: readonly Descriptor[] };
    image?: ImageConfig | Readonly<Record<string, ImageConfig>>;
  };
  const digest = manifest.digest ?? "";
  // Attestations stand in the index as manifests of their own, for a platform that nobody runs.
  const images = (manifest.manifests ?? []).filter((m) => m.annotations?.["vnd.docker.reference.type"] === undefined);
  const configs = image === undefined ? [] : isConfig(image) ? [image] : Object.values(image);
  const own = configs[0];
  const platforms = images.map((m) => ({
    platform: `${m.platform?.os}/${m.platform?.architecture}`,
    digest: m.digest ?? "",
  }));
  return {
    digest,
    platforms:
      platforms.length > 0 || own === undefined ? platforms : [{ platform: `${own.os}/${own.architecture}`, digest }],
    labels: own?.config?.Labels ?? {},
  };
}

const isConfig = (image: ImageConfig | Readonly<Record<string, ImageConfig>>): image is ImageConfig =>
  typeof image.os === "string";
