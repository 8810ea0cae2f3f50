import type { Env } from "../../core/config/parse.ts";

/** An environment for a child process. Next's types require NODE_ENV in every environment; a child does not. */
export const childEnv = (env: Env): NodeJS.ProcessEnv => env as NodeJS.ProcessEnv;
