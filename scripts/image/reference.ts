import { UsageError } from "../../core/errors.ts";

// The grammar of image references, from github.com/distribution/reference.
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const label = "(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])";
const host = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-f:]+\\])(?::\\d{1,5})?$`);

const tagLimit = 128;
const nameLimit = 255;

/** Why a text cannot be an image tag, or undefined when it can. */
function tagProblem(tag: string): string | undefined {
  if (tagGrammar.test(tag)) return undefined;
  if (tag === "") return "it is empty";
  if (tag.length > tagLimit) return `it has ${tag.length} characters, more than ${tagLimit}`;
  if (/^[.-]/.test(tag)) return `it starts with "${tag[0]}"; the first character must be a letter, a digit or _`;
  const bad = [...tag].find((character) => !/[A-Za-z0-9._-]/.test(character));
  return `it contains ${JSON.stringify(bad ?? tag)}; letters, digits and . _ - are allowed`;
}

/** @throws UsageError when the tag breaks the grammar. */
export function checkedTag(tag: string): string {
  const problem = tagProblem(tag);
  if (problem !== undefined)
    throw new UsageError(`${shown(tag)} cannot be an image tag: ${problem}`, "Choose another tag with --tag.");
  return tag;
}

const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);

/**
 * Normalises a registry as typed to the start of a reference: no trailing slash, the host in lower case.
 *
 * @throws UsageError with the reason when no valid reference can start with it.
 */
export function normalRegistry(typed: string): string {
  const trimmed = typed.replace(/\/+$/, "");
  const refuse = (reason: string, hint?: string) =>
    new UsageError(`${shown(typed)} cannot be a registry: ${reason}`, hint);
  if (trimmed === "") throw refuse("it is empty");
  const scheme = /^[a-z]+:\/\//i.exec(trimmed)?.[0];
  if (scheme !== undefined) throw refuse(`omit ${scheme}`, `Example: -r ${trimmed.slice(scheme.length)}`);
  const [first = "", ...rest] = trimmed.split("/");
  const start = isHost(first) ? checkedHost(first, refuse) : first;
  for (const part of isHost(first) ? rest : [first, ...rest]) {
    const problem = pathProblem(part);
    if (problem !== undefined) throw refuse(problem);
  }
  return [start, ...rest].join("/");
}

function checkedHost(typed: string, refuse: (reason: string) => Error): string {
  const lower = typed.toLowerCase();
  const port = /:(\d+)$/.exec(lower)?.[1];
  if (!host.test(lower) || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)))
    throw refuse(`${JSON.stringify(typed)} is not a host name with an optional port`);
  return lower;
}

function pathProblem(part: string): string | undefined {
  if (pathComponent.test(part)) return undefined;
  if (part === "") return "two slashes follow each other";
  if (part.includes(":") || part.includes("@"))
    return `${JSON.stringify(part)} contains a tag or digest; give only the registry`;
  if (/[A-Z]/.test(part)) return `${JSON.stringify(part)} has upper-case letters, and repository names are lower case`;
  return `${JSON.stringify(part)} may contain only lower-case letters and digits, separated by . _ or -`;
}

/** Docker's rule: without a dot, a port or "localhost" the first part is a name on Docker Hub. */
const isHost = (first: string): boolean => /[.:[]/.test(first) || first.toLowerCase() === "localhost";
export const isOnDockerHub = (registry: string): boolean => !isHost(registry.split("/")[0] ?? "");

/** The host for `docker login`. Empty for Docker Hub. */
export const loginHost = (registry: string): string => (isOnDockerHub(registry) ? "" : (registry.split("/")[0] ?? ""));

/** @throws UsageError when registry and image name do not form a valid repository. */
export function repositoryOf(registry: string, image: string): string {
  const repository = `${normalRegistry(registry)}/${image}`;
  const problem = image.split("/").map(pathProblem).find(Boolean);
  if (problem !== undefined) throw new UsageError(`${shown(image)} cannot be an image name: ${problem}`);
  if (repository.length > nameLimit)
    throw new UsageError(`${shown(repository)} has ${repository.length} characters, more than ${nameLimit}`);
  return repository;
}
