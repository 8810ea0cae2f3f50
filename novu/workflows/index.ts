import type { Workflow } from "@novu/framework";
import { chat } from "./chat.ts";
import { email } from "./email.ts";
import { inApp } from "./in-app.ts";
import { multiChannel } from "./multi-channel.ts";
import { push } from "./push.ts";
import { sms } from "./sms.ts";

export { workflowIds } from "./ids.ts";

/** The workflows that the bridge serves. Loads the framework, which takes a third of a second: import `ids.ts` when the ids are enough. */
export const workflows: Workflow[] = [email, sms, push, inApp, chat, multiChannel];
