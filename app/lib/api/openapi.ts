import { version } from "../version.ts";
import { maxBodyBytes } from "./body.ts";
import { replyParts } from "./replies.ts";
import { maxBatch, newNotification, requestParts } from "./schemas.ts";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ content: { "application/json": { schema } } });
const header = (description: string) => ({ description, schema: { type: "string" } });

const problems: Readonly<Record<number, string>> = {
  400: "Not JSON in UTF-8, or the header Idempotency-Key is at fault",
  401: "No API key, or one that is not valid",
  404: "The key's tenant has no such notification",
  409: "The transaction id was used before with other content, or the notification's state forbids it",
  413: `A body of more than ${maxBodyBytes} bytes, or a payload or overrides of more than 1 MiB`,
  415: "Another Content-Type than application/json",
  422: "A field is missing, wrong or unknown",
  429: "The key has used up its minute",
  503: "The database is away; nothing is known to be stored: send it again, with a transactionId nothing is sent twice",
};

const problem = (status: number) => {
  const retry = status === 429 || status === 503 ? { headers: { "Retry-After": header("Seconds") } } : {};
  return {
    description: problems[status],
    ...retry,
    content: { "application/problem+json": { schema: ref("Problem") } },
  };
};
const answers = (good: object, statuses: readonly number[]) => ({
  ...good,
  ...Object.fromEntries(statuses.map((status) => [status, problem(status)])),
});

const send = {
  operationId: "sendNotifications",
  summary: `Ask for one notification, or up to ${maxBatch}: all are stored or none`,
  parameters: [
    {
      name: "Idempotency-Key",
      in: "header",
      description: "Transaction id of a single notification, where its body has none",
      schema: { type: "string" },
    },
  ],
  requestBody: {
    required: true,
    ...json({
      oneOf: [
        ref("NewNotification"),
        { type: "array", items: ref("NewNotification"), minItems: 1, maxItems: maxBatch },
        ref("NewNotificationList"),
      ],
    }),
  },
  responses: answers(
    {
      202: {
        description: "Stored: the worker sends it. For a list, ids in its order",
        headers: {
          Location: header("Of a single notification"),
          "Idempotent-Replayed": header("true for a single notification that was sent before"),
        },
        ...json({ oneOf: [ref("Accepted"), ref("AcceptedList")] }),
      },
    },
    [400, 401, 409, 413, 415, 422, 429, 503],
  ),
};

const one = { 200: { description: "The notification as it is now", ...json(ref("Notification")) } };
const show = {
  operationId: "showNotification",
  summary: "State, outcome of each recipient, timeline",
  responses: answers(one, [401, 404, 429, 503]),
};
const retract = {
  operationId: "retractNotification",
  summary: "Take back what is PENDING, FAILED or DEAD; what is RETRACTED stays so",
  responses: answers(one, [401, 404, 409, 429, 503]),
};
const retry = {
  operationId: "retryNotification",
  summary: "Send what is FAILED or DEAD again; recipients that have got it do not get it twice",
  responses: answers(one, [401, 404, 409, 429, 503]),
};

const parameters = [{ name: "id", in: "path", required: true, schema: { type: "string" } }];

/** The API as OpenAPI 3.1 tells it, made of the very schemas that requests are checked by. */
export const openApi = {
  openapi: "3.1.1",
  info: { title: "XNovu", version, summary: "Ask for notifications, and learn what became of them" },
  servers: [{ url: "/" }],
  security: [{ key: [] }],
  paths: {
    "/api/notifications": { post: send },
    "/api/notifications/{id}": { parameters, get: show },
    "/api/notifications/{id}/retract": { parameters, post: retract },
    "/api/notifications/{id}/retry": { parameters, post: retry },
  },
  components: {
    securitySchemes: {
      key: { type: "http", scheme: "bearer", description: "From `pnpm xnovu key create`; it says which tenant asks" },
    },
    schemas: {
      NewNotification: newNotification,
      NewNotificationList: {
        type: "object",
        properties: {
          notifications: { type: "array", items: ref("NewNotification"), minItems: 1, maxItems: maxBatch },
        },
        required: ["notifications"],
        additionalProperties: false,
      },
      ...requestParts,
      ...replyParts,
    },
  },
} as const;
