import type { Env } from "../../core/config/parse.ts";

/**
 * The environment of the running process, as one object. Code must not read `process.env.NAME`: the bundler would inline the build machine's
 * value of a NEXT_PUBLIC_ name, and one image runs in many environments.
 */
export const runtimeEnv = (): Env => process.env;
