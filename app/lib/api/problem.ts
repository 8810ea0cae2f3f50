import { STATUS_CODES } from "node:http";

export interface ProblemDetails {
  /** What is wrong and what to do about it. */
  readonly detail: string;
  /** JSON Pointer (RFC 6901) of the invalid field in the request's body. */
  readonly pointer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error response in the form of RFC 9457. Thrown anywhere below a route. */
export class Problem extends Error {
  readonly status: number;
  readonly pointer: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, { detail, pointer, headers = {} }: ProblemDetails) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.pointer = pointer;
    this.headers = headers;
  }
}

/** No response of the API may be cached. */
const noStore = { "Cache-Control": "no-store" };

export const reply = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json(body, { status, headers: { ...noStore, ...headers } });

export const replyProblem = ({ status, message, pointer, headers }: Problem): Response =>
  reply(
    status,
    { title: STATUS_CODES[status], status, detail: message, ...(pointer === undefined ? {} : { pointer }) },
    { "Content-Type": "application/problem+json", ...headers },
  );
