import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";
import { openApi } from "../../app/lib/api/openapi.ts";

/** An answer of the API that was held to its OpenAPI document. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** What any of the documented bodies may have. */
  readonly body: {
    readonly id?: string;
    readonly duplicate?: boolean;
    readonly status?: unknown;
    readonly error?: string | null;
    readonly notifications?: readonly { readonly id: string; readonly duplicate: boolean }[];
    readonly recipients?: readonly Readonly<Record<string, unknown>>[];
    readonly timeline?: readonly { readonly to: string }[];
    readonly detail?: string;
    readonly pointer?: string;
  };
}

export interface ApiCall {
  readonly method?: string;
  /** Sent as JSON; a text, and bytes, as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Api = (path: string, call?: ApiCall) => Promise<ApiAnswer>;

/** A client of the app at `url` with this key, or without one. Each answer must be one that the OpenAPI document tells of. */
export const apiClient =
  (url: string, key?: string): Api =>
  async (path, { method = "GET", body, headers = {} } = {}) => {
    const asIs = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: asIs ? (body as BodyInit) : JSON.stringify(body) }),
    });
    const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
    holdToDocument(`${method} ${path}`, answer);
    return answer;
  };

const ajv = new Ajv2020({ strict: false });
ajv.addFormat("date-time", (text: string) => !Number.isNaN(Date.parse(text)));
ajv.addSchema(openApi, "api");
const validators = new Map<string, ValidateFunction>();

type Operation = {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
};

function holdToDocument(call: string, { status, headers, body }: ApiAnswer): void {
  assert.is(headers.get("cache-control"), "no-store", call);
  const type = status < 300 ? "application/json" : "application/problem+json";
  assert.is(headers.get("content-type"), type, `${call}: ${status}`);
  // What a path does not take, the document does not tell.
  const pointer = status === 405 ? "components/schemas/Problem" : documented(call, status, type);
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
  validators.set(pointer, validate);
  assert.ok(
    validate(body),
    `${call} ${status} is not as documented: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
  );
}

function documented(call: string, status: number, type: string): string {
  const [method = "", path = ""] = call.split(" ");
  const template = path.replace(/^(\/api\/notifications\/)[^/]+/, "$1{id}");
  const item = (openApi.paths as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[template];
  const operation = item?.[method.toLowerCase()] as Operation | undefined;
  assert.ok(operation?.responses[status]?.content[type], `${call} answers ${status}, which is not documented`);
  const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
  return ["paths", template, method.toLowerCase(), "responses", String(status), "content", type, "schema"]
    .map(escaped)
    .join("/");
}
