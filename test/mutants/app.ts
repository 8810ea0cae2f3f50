import { mutantsOf } from "./mutant.ts";

/** Settings and secrets, the producers' API, the bridge and the operations pages. */
export const appMutants = [
  ...mutantsOf("settings", "core/config/parse.ts", ["core/config/parse.test.ts"], {
    "a secret is shown in an error": { find: "variable.secret ? masked : JSON", replace: "false ? masked : JSON" },
    "an empty value counts as set": { find: "env[name]?.trim() || undefined", replace: "env[name]?.trim()" },
    "only the first error is reported": {
      find: "if (variable.required) problems.push",
      replace: "if (variable.required && problems.length === 0) problems.push",
    },
  }),
  ...mutantsOf("masking", "core/mask.ts", ["core/mask.test.ts"], {
    "a shorter secret leaves the rest of a longer one": { find: "b.length - a.length", replace: "a.length - b.length" },
    "a password with @ is shown in part": { find: ":[^/?#]*@/i", replace: ":[^/?#@]*@/i" },
  }),
  ...mutantsOf("masking", "core/personal.ts", ["core/personal.test.ts"], {
    "phone numbers are logged": { find: 'unaddressed.includes("+") ?', replace: 'unaddressed.includes("++") ?' },
  }),
  ...mutantsOf("API", "outbox/sql/key-find.sql", ["outbox/api-keys.test.ts"], {
    "a revoked key is accepted": { find: " AND revoked_at IS NULL", replace: "" },
  }),
  ...mutantsOf("API", "app/lib/limit-body.ts", ["app/lib/limit-body.test.ts"], {
    "a body without a length has no limit": { find: "if (size > maxBytes) return undefined;", replace: "" },
  }),
  ...mutantsOf("API", "app/lib/api/body.ts", ["app/lib/api/body.test.ts"], {
    "any content type is accepted": { find: "if (!isJson) throw", replace: "if (false) throw" },
  }),
  ...mutantsOf("API", "app/lib/api/validate.ts", ["app/lib/api/validate.test.ts"], {
    "a recipient may be named twice": { find: "findRepeated(value.recipients)", replace: "findRepeated([])" },
    "the 30th of February is a date": {
      find: 'new Date(day).toISOString().startsWith(parts[1] ?? "") &&',
      replace: "",
    },
  }),
  ...mutantsOf("API", "app/lib/api/read-request.ts", ["app/lib/api/read-request.test.ts"], {
    "a list has no limit": { find: "&& list.length <= maxBatch", replace: "" },
    "Idempotency-Key and transactionId may differ": { find: "single.transactionId !== id)", replace: "false)" },
  }),
  ...mutantsOf("API", "app/lib/api/rate-limit.ts", ["app/lib/api/rate-limit.test.ts"], {
    "a list counts as one notification": {
      find: "limiter.consume(key.id, points)",
      replace: "limiter.consume(key.id, 1)",
    },
  }),
  ...mutantsOf("pages", "app/lib/operations/access.ts", ["app/lib/operations/access.test.ts"], {
    "any password opens the operations pages": { find: ': "login";', replace: ': "granted";' },
    "a form of another site is accepted": { find: "&& same(password, token, formToken(env, change))", replace: "" },
  }),
  ...mutantsOf("bridge", "app/lib/bridge.ts", ["test/app.test.ts"], {
    "signatures are not checked": { find: "strictAuthentication: true", replace: "strictAuthentication: false" },
  }),
  ...mutantsOf("bridge", "app/api/novu/route.ts", ["test/app.test.ts"], {
    "a body has no limit": {
      find: "if (body === undefined) return errorResponse",
      replace: "if (body === null) return errorResponse",
    },
  }),
];
