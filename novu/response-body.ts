import { type Duplex, pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** Bytes of a reply that are read, after decompression. A reply about 100 events has some 10 KiB; one without an end must not fill the memory. */
export const maxReplyBytes = 4 * 1024 * 1024;

/** A reply that cannot be read: too long, or in an encoding that is not known. Its status still counts. */
export class UnreadableReply extends Error {}

// A Map: a name such as "constructor" must not find what every object inherits.
const decoders: ReadonlyMap<string, () => Duplex> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/**
 * The text of a reply, decompressed. XNovu asks for no compression (`accept-encoding: identity`), but proxies compress all the same.
 * @throws UnreadableReply
 */
export async function textOf(
  body: Readable,
  contentEncoding: string | undefined,
  limit = maxReplyBytes,
): Promise<string> {
  // A stream that is destroyed early emits an error that nobody waits for.
  body.on("error", () => undefined);
  const names = (contentEncoding ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  const encodings = names.filter((name) => name !== "" && name !== "identity").reverse();
  const unknown = encodings.find((name) => !decoders.has(name));
  if (unknown !== undefined) {
    body.destroy();
    throw new UnreadableReply(`the reply has the unknown content-encoding ${unknown.slice(0, 40)}`);
  }
  const decoding = encodings.flatMap((name) => decoders.get(name)?.() ?? []);
  // An error of one stream reaches the last one, which is the one that is read.
  const last = decoding.at(-1);
  if (last !== undefined) pipeline([body, ...decoding], () => undefined);
  const plain: AsyncIterable<Buffer> = last ?? body;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of plain) {
      size += chunk.length;
      if (size > limit) throw new UnreadableReply(`the reply is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    body.destroy();
    throw isDamaged(error) ? new UnreadableReply("the compressed body of the reply is damaged") : error;
  }
  return Buffer.concat(chunks).toString("utf8");
}

const isDamaged = (error: unknown): boolean =>
  /^(Z_|ERR__ERROR|ERR_.*BROTLI)/.test(String((error as { code?: unknown } | null)?.code));
