export interface FieldErrors {
  readonly [field: string]: { readonly messages: readonly string[]; readonly value?: unknown };
}

/** An answer other than success, in the shape that the SDK parses for its status. */
export class ApiError extends Error {
  readonly statusCode: number;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    message: string,
    extra: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.statusCode = statusCode;
    this.extra = extra;
    this.headers = headers;
  }
}

export const notFound = (message: string) => new ApiError(404, message);

/** The SDK parses a 422 only with `errors`, a record of fields. */
export const unprocessable = (message: string, errors: FieldErrors = {}) => new ApiError(422, message, { errors });

/** The SDK parses a trigger's 400 only with `type` and the list `errors`. */
export const badRequest = (message: string, type = "BAD_REQUEST", errors: readonly PayloadFault[] = []) =>
  new ApiError(400, message, { type, errors });

export interface PayloadFault {
  readonly field: string;
  readonly message: string;
  readonly schemaPath?: string;
}

export function errorBody(
  statusCode: number,
  path: string,
  message: string,
  nowMs: number,
  extra: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { statusCode, timestamp: new Date(nowMs).toISOString(), path, message, ...extra };
}
