import type { Env } from "../../core/config/parse.ts";

/**
 * The environment of the running process. Passed on whole, never as `process.env.NAME`: the bundler would put the build machine's value
 * of a NEXT_PUBLIC_ name into the code, and the image is built once for every place it runs in.
 */
export const runtimeEnv = (): Env => process.env;
