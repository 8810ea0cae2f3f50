import { Ajv, type ErrorObject } from "ajv";
import type { NewNotification, Recipient } from "../../../core/notification.ts";
import { workflowIds } from "../../../novu/workflows/ids.ts";
import { type ContentFault, escaped, repeated, unstorable } from "./content.ts";
import { newNotification, requestParts } from "./schemas.ts";

/** A notification as the API takes it. */
export type AskedNotification = Omit<NewNotification, "enterpriseId" | "recipients"> & {
  readonly recipients: Recipient | readonly Recipient[];
};

const ajv = new Ajv({ verbose: true, strictTypes: false, strictRequired: false });
// Where OpenAPI keeps the parts that a schema refers to.
ajv.addKeyword("components");
ajv.addFormat("date-time", isMoment);
const check = ajv.compile<AskedNotification>({ ...newNotification, components: { schemas: requestParts } });

export type Checked = { readonly notification: AskedNotification } | { readonly fault: ContentFault };

/** One notification of a request: what is wrong with it first, or the notification. */
export function checkNotification(value: unknown): Checked {
  const odd = unstorable(value);
  if (odd !== undefined) return { fault: odd };
  if (!check(value)) return { fault: faultOf(check.errors ?? []) };
  const twice = repeated(value.recipients);
  return twice ? { fault: { ...twice, pointer: `/recipients${twice.pointer}` } } : { notification: value };
}

/** Ajv ends at the first fault, and gives it with all the branches that it tried. */
function faultOf(errors: readonly ErrorObject[]): ContentFault {
  // Where several forms are allowed, what none of them fits says more than why the first one did not.
  const choices = errors.filter(({ keyword }) => keyword === "anyOf");
  const deepest = choices.toReversed().toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  const error = deepest ?? errors.find(({ keyword }) => keyword !== "if");
  return error === undefined ? { pointer: "", what: "is not valid" } : told(error);
}

function told({ keyword, instancePath, message, params, parentSchema }: ErrorObject): ContentFault {
  const field = String(params.missingProperty ?? params.additionalProperty ?? "");
  const below = `${instancePath}/${escaped(field)}`;
  if (keyword === "required") return { pointer: below, what: "is missing" };
  if (field === "enterpriseId") return { pointer: below, what: "must be left out: the tenant comes from the API key" };
  if (keyword === "additionalProperties")
    return {
      pointer: below,
      what: `is not a field here; the fields are ${Object.keys(parentSchema?.properties ?? {}).join(", ")}`,
    };
  if (instancePath === "/workflow")
    return { pointer: instancePath, what: `must be one of the workflows ${workflowIds.join(", ")}` };
  if (keyword === "enum") return { pointer: instancePath, what: `must be one of ${params.allowedValues.join(", ")}` };
  if (params.pattern === "\\S") return { pointer: instancePath, what: "must not be blank" };
  const about = typeof parentSchema?.description === "string" ? parentSchema.description : undefined;
  if (about !== undefined && ["anyOf", "pattern", "format"].includes(keyword) && /^[a-z0-9]/.test(about))
    return { pointer: instancePath, what: `must be ${about}` };
  return { pointer: instancePath, what: `${message ?? "is not valid"}${about === undefined ? "" : ` (${about})`}` };
}

/** A time of RFC 3339 that exists, with an offset that Postgres takes. */
function isMoment(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-](\d\d):[0-5]\d)$/.exec(text);
  if (parts === null || Number(parts[2] ?? 0) > 14 || text.startsWith("0000")) return false;
  const day = Date.parse(`${parts[1]}T00:00:00Z`);
  // Date.parse takes the 30th of February for the 2nd of March.
  return (
    !Number.isNaN(day) &&
    new Date(day).toISOString().startsWith(parts[1] ?? "") &&
    !Number.isNaN(Date.parse(text.toUpperCase()))
  );
}
