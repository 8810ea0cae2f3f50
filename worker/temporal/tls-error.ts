import { connect as connectHttp2 } from "node:http2";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { XnovuError } from "../../core/errors.ts";

/** OpenSSL's codes for a certificate that is not trusted. Source: Node's documentation of tls, "X509 certificate error codes". */
const untrusted =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/;
const limitMs = 3_000;

/**
 * Why a connection with these TLS settings can never work; undefined when the server is only away. The SDK reports the same error for both.
 * `tls` is undefined for a connection without TLS.
 */
export async function tlsError(
  address: string,
  tls: Pick<ConnectionOptions, "ca" | "cert" | "key"> | undefined,
): Promise<XnovuError | undefined> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(colon + 1));
  if (tls === undefined) {
    if ((await speaksPlain(address)) || (await handshake({ host, port, rejectUnauthorized: false })) !== "done")
      return undefined;
    return new XnovuError(`Temporal at ${address} speaks only TLS`, { hint: "Set TEMPORAL_TLS=true." });
  }
  const end = await handshake({ ...tls, host, port });
  if (untrusted.test(end))
    return new XnovuError(`the certificate of Temporal at ${address} is not trusted: ${end}`, {
      hint: "Set TEMPORAL_TLS_CA to the PEM of the authority that signed it, and use the host name in the certificate.",
    });
  if (end === "done" || !(await speaksPlain(address))) return undefined;
  return new XnovuError(`Temporal at ${address} does not speak TLS`, {
    hint: "Set TEMPORAL_TLS=false, and unset TEMPORAL_API_KEY and the TEMPORAL_TLS_ certificates.",
  });
}

/** "done", or the error code. */
function handshake(options: ConnectionOptions & { readonly host: string }): Promise<string> {
  return new Promise((resolve) => {
    // SNI carries host names only, no addresses (RFC 6066, section 3).
    const servername = /^[\d.]+$|:/.test(options.host) ? {} : { servername: options.host };
    const socket = connectTls({ ALPNProtocols: ["h2"], timeout: limitMs, ...servername, ...options });
    const end = (word: string) => {
      socket.destroy();
      resolve(word);
    };
    socket.once("secureConnect", () => end("done"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("timeout", () => end("ETIMEDOUT"));
  });
}

/** Whether the server speaks HTTP/2, which gRPC uses, without TLS. */
function speaksPlain(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${address}`);
    const end = (speaks: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(() => end(false), limitMs);
    session.once("remoteSettings", () => end(true));
    session.once("error", () => end(false));
    session.once("close", () => end(false));
  });
}
