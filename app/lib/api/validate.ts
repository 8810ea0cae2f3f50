import { Ajv, type ErrorObject } from "ajv";
import type { NewNotification, Recipient } from "../../../core/notification.ts";
import { workflowIds } from "../../../novu/workflows/ids.ts";
import { escaped, type FieldError, findRepeated, findUnstorable } from "./content.ts";
import { newNotification, requestParts } from "./request-schemas.ts";

/** A notification in a request. */
export type NotificationRequest = Omit<NewNotification, "enterpriseId" | "recipients"> & {
  readonly recipients: Recipient | readonly Recipient[];
};

const ajv = new Ajv({ verbose: true, strictTypes: false, strictRequired: false });
// Allows `components`, where OpenAPI keeps the schemas that others refer to.
ajv.addKeyword("components");
ajv.addFormat("date-time", isMoment);
const check = ajv.compile<NotificationRequest>({ ...newNotification, components: { schemas: requestParts } });

export type Checked = { readonly notification: NotificationRequest } | { readonly error: FieldError };

/** Checks one notification of a request. Returns it, or its first error. */
export function checkNotification(value: unknown): Checked {
  const unstorable = findUnstorable(value);
  if (unstorable !== undefined) return { error: unstorable };
  if (!check(value)) return { error: firstError(check.errors ?? []) };
  const repeated = findRepeated(value.recipients);
  return repeated ? { error: { ...repeated, pointer: `/recipients${repeated.pointer}` } } : { notification: value };
}

/** Ajv stops at the first error, and reports it together with every branch that it tried. */
function firstError(errors: readonly ErrorObject[]): FieldError {
  // Where several forms are allowed, "must be one of these forms" says more than why the first form did not match.
  const choices = errors.filter(({ keyword }) => keyword === "anyOf");
  const deepest = choices.toReversed().toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  const error = deepest ?? errors.find(({ keyword }) => keyword !== "if");
  return error === undefined ? { pointer: "", message: "is not valid" } : fieldError(error);
}

function fieldError({ keyword, instancePath, message, params, parentSchema }: ErrorObject): FieldError {
  const field = String(params.missingProperty ?? params.additionalProperty ?? "");
  const below = `${instancePath}/${escaped(field)}`;
  if (keyword === "required") return { pointer: below, message: "is missing" };
  if (field === "enterpriseId")
    return { pointer: below, message: "must be left out: the tenant comes from the API key" };
  if (keyword === "additionalProperties")
    return {
      pointer: below,
      message: `is not a field here; the fields are ${Object.keys(parentSchema?.properties ?? {}).join(", ")}`,
    };
  if (instancePath === "/workflow")
    return { pointer: instancePath, message: `must be one of the workflows ${workflowIds.join(", ")}` };
  if (keyword === "enum")
    return { pointer: instancePath, message: `must be one of ${params.allowedValues.join(", ")}` };
  if (params.pattern === "\\S") return { pointer: instancePath, message: "must not be blank" };
  const about = typeof parentSchema?.description === "string" ? parentSchema.description : undefined;
  if (about !== undefined && ["anyOf", "pattern", "format"].includes(keyword) && /^[a-z0-9]/.test(about))
    return { pointer: instancePath, message: `must be ${about}` };
  return { pointer: instancePath, message: `${message ?? "is not valid"}${about === undefined ? "" : ` (${about})`}` };
}

/** Whether a text is a time of RFC 3339 that exists, with an offset that Postgres accepts. */
function isMoment(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-](\d\d):[0-5]\d)$/.exec(text);
  if (parts === null || Number(parts[2] ?? 0) > 14 || text.startsWith("0000")) return false;
  const day = Date.parse(`${parts[1]}T00:00:00Z`);
  // Date.parse reads February 30 as March 2.
  return (
    !Number.isNaN(day) &&
    new Date(day).toISOString().startsWith(parts[1] ?? "") &&
    !Number.isNaN(Date.parse(text.toUpperCase()))
  );
}
