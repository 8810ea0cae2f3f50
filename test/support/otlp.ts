// Reads what an exporter of traces sends: OTLP's ExportTraceServiceRequest in protobuf, as far as the tests look at it.
// Field numbers: opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto.

export type Value = string | number | boolean;

export interface SeenLink {
  readonly traceId: string;
  readonly spanId: string;
}

export interface SeenSpan extends SeenLink {
  readonly name: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly links: readonly SeenLink[];
  /** `service.name` and the other attributes of its resource. */
  readonly resource: Readonly<Record<string, Value>>;
}

type Field = { readonly number: number; readonly value: bigint | Buffer };

/** Every span of one request. */
export function spansOf(request: Buffer): SeenSpan[] {
  return messages(request, 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1).map((one) => attributesOf(one, 1))[0] ?? {};
    return messages(resourceSpans, 2)
      .flatMap((scope) => messages(scope, 2))
      .map((span) => spanOf(span, resource));
  });
}

function spanOf(span: Buffer, resource: SeenSpan["resource"]): SeenSpan {
  return {
    ...idsOf(span),
    parentSpanId: hex(span, 4),
    name: messages(span, 5)[0]?.toString() ?? "",
    kind: number(span, 6),
    attributes: attributesOf(span, 9),
    links: messages(span, 13).map(idsOf),
    status: messages(span, 15).map((status) => number(status, 3))[0] ?? 0,
    resource,
  };
}

const idsOf = (message: Buffer): SeenLink => ({ traceId: hex(message, 1), spanId: hex(message, 2) });
const hex = (message: Buffer, field: number): string => messages(message, field)[0]?.toString("hex") ?? "";

const attributesOf = (message: Buffer, field: number): Record<string, Value> =>
  Object.fromEntries(
    messages(message, field).map((pair) => [messages(pair, 1)[0]?.toString(), readValue(messages(pair, 2)[0])]),
  );

function readValue(any: Buffer | undefined): Value {
  const [field] = any === undefined ? [] : fields(any);
  if (field === undefined) return "";
  if (typeof field.value === "bigint") return field.number === 2 ? field.value === 1n : Number(field.value);
  return field.number === 4 ? field.value.readDoubleLE() : field.value.toString();
}

const number = (message: Buffer, field: number): number =>
  Number(fields(message).find((one) => one.number === field)?.value ?? 0);

const messages = (message: Buffer, field: number): Buffer[] =>
  fields(message).flatMap((one) => (one.number === field && typeof one.value !== "bigint" ? [one.value] : []));

/** The fields of one message (protobuf's encoding: varint, 64 bits, length-delimited, 32 bits). */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(message.readUInt8(at++));
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  const byWireType: Readonly<Record<number, () => Field["value"]>> = {
    0: varint,
    1: () => bytes(8),
    2: () => bytes(Number(varint())),
    5: () => bytes(4),
  };
  while (at < message.length) {
    const tag = Number(varint());
    const value = byWireType[tag & 7]?.();
    if (value === undefined) throw new Error(`no wire type ${tag & 7}`);
    found.push({ number: tag >> 3, value });
  }
  return found;
}
