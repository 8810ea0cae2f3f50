import { mutantsOf } from "./mutant.ts";

const reply = ["novu/reply.test.ts", "novu/client.test.ts"];
const planned = ["worker/delivery/calls.test.ts"];
const delivered = ["worker/delivery/deliver.test.ts"];

/** The calls to Novu, and what follows from its replies. */
export const deliveryMutants = [
  ...mutantsOf("policy", "novu/policy.ts", reply, {
    "429 is repeated without a pause": { find: 'rule(429, 429, "pause"', replace: 'rule(429, 429, "repeat"' },
    "a wrong key rejects the event": { find: 'rule(401, 401, "pause and alert"', replace: 'rule(401, 401, "halve"' },
    "a proxy's login rejects the event": {
      find: 'rule(407, 407, "pause and alert"',
      replace: 'rule(407, 407, "halve"',
    },
    "a redirect is repeated": { find: 'rule(300, 399, "pause and alert"', replace: 'rule(300, 399, "repeat"' },
    "500 rejects the event": { find: 'rule(500, 599, "repeat"', replace: 'rule(500, 599, "halve"' },
  }),
  ...mutantsOf("reply", "novu/reply.ts", reply, {
    "any Retry-After is believed": { find: "Math.min(maxRetryAfterMs, Math.max(0, ms))", replace: "Math.max(0, ms)" },
    "a reply for fewer events is believed": {
      find: "if (items.length !== count)",
      replace: "if (items.length > count)",
    },
    "a replayed error counts as one of now": {
      find: '=== "true") return { kind: "replayed"',
      replace: '=== "no") return { kind: "replayed"',
    },
    "a refusal that is acknowledged counts as accepted": { find: "!refusals.has(status) && ", replace: "" },
  }),
  ...mutantsOf("call", "novu/client.ts", ["novu/client.test.ts"], {
    "the idempotency key is not sent": { find: '"idempotency-key": call.idempotencyKey,', replace: "" },
    "a lone event goes by the bulk endpoint": { find: "events.length === 1 ?", replace: "events.length === 0 ?" },
    "the secret key is stored with a reason": { find: "reason: mask(reply.reason)", replace: "reason: reply.reason" },
  }),
  ...mutantsOf("idempotency key", "worker/delivery/plan-calls.ts", planned, {
    "does not depend on the batch": { find: "hashOf([batchId, ...events", replace: "hashOf([...events" },
    "tenants share transaction ids": { find: "enterpriseId}:", replace: "enterpriseId.slice(0, 0)}" },
    "both halves of a call share a batch": {
      find: "hashOf([idempotencyKey, String(side)])",
      replace: "hashOf([idempotencyKey])",
    },
  }),
  ...mutantsOf("plan", "worker/delivery/plan-calls.ts", planned, {
    "calls are cut after what is settled": { find: "place % limit === 0", replace: "events.length === limit" },
    "settled recipients are sent again": { find: "if (!settled?.has(ordinal)) ", replace: "" },
    "the largest tenant goes first": { find: "a.rank - b.rank", replace: "b.rank - a.rank" },
  }),
  ...mutantsOf("delivery", "worker/delivery/deliver.ts", delivered, {
    "goes on when the lease is lost": { find: "if (held === 0 && open.size > 0) onLost();", replace: "" },
    "goes on after a pause": { find: 'if (outcome?.kind === "released") paused.abort();', replace: "" },
    "starts calls while the worker stops": { find: "deps.draining.aborted || ", replace: "" },
  }),
  ...mutantsOf("delivery", "worker/delivery/send-call.ts", [...planned, ...delivered], {
    "a refused call is not halved": {
      find: 'if (reply.kind === "invalid" && call.events.length > 1) {',
      replace: 'if (reply.kind === "invalid" && call.events.length > 999) {',
    },
  }),
  ...mutantsOf("breaker", "worker/delivery/breaker.ts", ["worker/delivery/breaker.test.ts"], {
    "opens late": { find: "const threshold = 5;", replace: "const threshold = 50;" },
    "never closes": { find: "if (isOpen()) onChange", replace: "if (false) onChange" },
    "counts replayed errors": { find: 'if (outcome.kind === "failed" && !outcome.keepBatch) return;', replace: "" },
  }),
  ...mutantsOf("breaker", "worker/delivery/probe.ts", ["worker/delivery/probe.test.ts"], {
    "a probe makes many calls": { find: "callsEnded > 0 && pause", replace: "callsEnded > 9 && pause" },
  }),
  ...mutantsOf("pause", "worker/lifecycle/sending-pause.ts", ["worker/lifecycle/sending-pause.test.ts"], {
    "calls are made while half-open": { find: "!isPaused() && !mustProbe(),", replace: "!isPaused()," },
  }),
];
