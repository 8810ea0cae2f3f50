import type { Env } from "../../core/config/parse.ts";

/** An environment for a child. Next's types ask every environment for a NODE_ENV, which a child has no need of. */
export const childEnv = (env: Env): NodeJS.ProcessEnv => env as NodeJS.ProcessEnv;
