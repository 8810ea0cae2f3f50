import { version } from "../version.ts";
import { maxBodyBytes } from "./body.ts";
import { maxBatch, newNotification, requestParts } from "./request-schemas.ts";
import { responseParts } from "./response-schemas.ts";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ content: { "application/json": { schema } } });
const header = (description: string) => ({ description, schema: { type: "string" } });

const problems: Readonly<Record<number, string>> = {
  400: "The body is not JSON in UTF-8, or the header Idempotency-Key is invalid",
  401: "The API key is missing or not valid",
  404: "The tenant of the key has no such notification",
  409: "The transaction id was used with other content, or the notification's status does not allow the change",
  413: `The body has more than ${maxBodyBytes} bytes, or a payload or overrides more than 1 MiB`,
  415: "The Content-Type is not application/json",
  422: "A field is missing, invalid or unknown",
  429: "The rate limit of the key is used up",
  503: "The database is not available. Send the request again: with a transactionId nothing is sent twice",
};

const problem = (status: number) => {
  const retry = status === 429 || status === 503 ? { headers: { "Retry-After": header("Seconds to wait") } } : {};
  return {
    description: problems[status],
    ...retry,
    content: { "application/problem+json": { schema: ref("Problem") } },
  };
};
const responses = (good: object, statuses: readonly number[]) => ({
  ...good,
  ...Object.fromEntries(statuses.map((status) => [status, problem(status)])),
});

const send = {
  operationId: "sendNotifications",
  summary: `Send one notification or up to ${maxBatch}: either all are stored or none`,
  parameters: [
    {
      name: "Idempotency-Key",
      in: "header",
      description: "Transaction id of a single notification that has none in its body",
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
  responses: responses(
    {
      202: {
        description: "Stored; the worker sends it. A list returns the ids in the same order",
        headers: {
          Location: header("Path of a single notification"),
          "Idempotent-Replayed": header("true when a single notification was sent before"),
        },
        ...json({ oneOf: [ref("Accepted"), ref("AcceptedList")] }),
      },
    },
    [400, 401, 409, 413, 415, 422, 429, 503],
  ),
};

const one = { 200: { description: "The current state of the notification", ...json(ref("Notification")) } };
const show = {
  operationId: "showNotification",
  summary: "Show status, outcome of each recipient, and timeline",
  responses: responses(one, [401, 404, 429, 503]),
};
const retract = {
  operationId: "retractNotification",
  summary: "Retract a notification that is PENDING, FAILED or DEAD; idempotent",
  responses: responses(one, [401, 404, 409, 429, 503]),
};
const retry = {
  operationId: "retryNotification",
  summary: "Retry a notification that is FAILED or DEAD, for the recipients that did not get it",
  responses: responses(one, [401, 404, 409, 429, 503]),
};

const parameters = [{ name: "id", in: "path", required: true, schema: { type: "string" } }];

/** The API as an OpenAPI 3.1 document. It uses the schemas that validate requests. */
export const openApi = {
  openapi: "3.1.1",
  info: { title: "XNovu", version, summary: "Send notifications and follow their delivery" },
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
      key: {
        type: "http",
        scheme: "bearer",
        description: "An API key from `pnpm xnovu key create`. It identifies the tenant",
      },
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
      ...responseParts,
    },
  },
} as const;
