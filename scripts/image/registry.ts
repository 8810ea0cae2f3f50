import { XnovuError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import { commandError, dockerBuildx, lastLine } from "./buildx.ts";
import { loginHost } from "./reference.ts";
import { type Ran, type RunOptions, run, type Step } from "./run-step.ts";

export const revisionLabel = "org.opencontainers.image.revision";
export const versionLabel = "org.opencontainers.image.version";

/** An image in a registry. */
export interface Pushed {
  /** Digest of the index, or of the manifest for one platform. */
  readonly digest: string;
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
  readonly labels: Readonly<Record<string, string>>;
}

export type FailureKind = "missing" | "refused" | "transient" | "other";

/** Classifies a failure: `refused` needs a person, `transient` is worth a retry. By text, because the clients use one exit code for all. */
export function failureKind(stderr: string): FailureKind {
  if (/\b(401|403)\b|unauthorized|forbidden|denied|authentication required|no basic auth credentials/i.test(stderr))
    return "refused";
  if (/not found|manifest unknown|name unknown|\b404\b/i.test(stderr)) return "missing";
  if (
    /\b(500|502|503|504|429)\b|internal server error|bad gateway|service unavailable|gateway time-?out|too many requests/i.test(
      stderr,
    )
  )
    return "transient";
  if (
    /\bEOF\b|connection (reset|refused)|broken pipe|i\/o timeout|TLS handshake timeout|context deadline exceeded|use of closed|stream (error|closed)/i.test(
      stderr,
    )
  )
    return "transient";
  return "other";
}

export interface RetryOptions extends RunOptions {
  readonly registry: string;
  readonly note: (line: string) => void;
  /** Milliseconds before the second, third and fourth try. */
  readonly waits?: readonly number[];
}

/**
 * Runs a step that contacts a registry, with up to three retries after transient failures.
 *
 * @throws XnovuError at once when the registry refuses (401, 403), with the login command as hint; otherwise with its last line.
 */
export async function withRetries(what: string, step: Step, options: RetryOptions): Promise<Ran> {
  const waits = options.waits ?? [1_000, 3_000, 9_000];
  for (let tries = 0; ; tries++) {
    const ran = await run(step, options);
    if (ran.ok) return ran;
    const kind = failureKind(errorsOf(ran.stderr));
    if (kind === "refused") throw refused(options.registry, ran);
    const wait = waits[tries];
    if (kind !== "transient" || wait === undefined || options.signal?.aborted) throw commandError(what, ran);
    options.note(`${what} failed (${lastLine(ran.stderr)}); trying again in ${wait / 1000} s`);
    await sleep(wait, ...(options.signal === undefined ? [] : [options.signal]));
    options.signal?.throwIfAborted();
  }
}

/** BuildKit's progress also shows commands and their output. Only the error lines say why it failed. */
const errorsOf = (stderr: string): string => {
  const lines = stderr.split("\n").filter((line) => /^\s*(#\d+ )?(ERROR|error)\b/.test(line));
  return lines.length === 0 ? lastLine(stderr) : lines.join("\n");
};

function refused(registry: string, ran: Ran): XnovuError {
  const host = loginHost(registry);
  return new XnovuError(`${host || "Docker Hub"} refused this account: ${lastLine(ran.stderr)}`, {
    hint: `Log in with an account that may push there: docker login${host ? ` ${host}` : ""}`,
  });
}

/** Reads a reference in the registry. Undefined when it does not exist. Needs no engine. */
export async function inspect(reference: string, shown: RetryOptions): Promise<Pushed | undefined> {
  // "not found" is a result here, so stderr is not shown.
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

/** Parses the output of `imagetools inspect --format '{{json .}}'`. Pure. */
export function parseInspect(output: string): Pushed {
  const { manifest = {}, image } = JSON.parse(output) as {
    manifest?: Descriptor & { readonly manifests?: readonly Descriptor[] };
    image?: ImageConfig | Readonly<Record<string, ImageConfig>>;
  };
  const digest = manifest.digest ?? "";
  // Attestations are manifests in the index too, for an unknown platform.
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
