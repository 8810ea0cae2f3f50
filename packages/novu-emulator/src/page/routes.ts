import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { inboxOf, subscribersWithMail } from "../inbox.ts";
import type { Store } from "../store/store.ts";
import type { Channel } from "../types.ts";
import { channelNames } from "./cards.ts";
import { type Frame, inboxPage, startPage } from "./pages.ts";

// The page's own script and styles, images of emails, and nothing else; the emails' frames inherit it.
const policy = (nonce: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:; script-src 'nonce-${nonce}'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The inbox page for people: `/` and `/inbox/:subscriberId?channel=`. */
export function inboxRoutes(app: FastifyInstance, store: Store, startedAt: () => number): void {
  // A restart begins its count again: the time of the start makes the versions differ.
  const start = startedAt();
  const version = () => `${start}-${store.changes()}`;
  const frame = (chosen?: string): Frame => ({
    people: subscribersWithMail(store).slice(0, 200),
    ...(chosen === undefined ? {} : { chosen }),
    version: version(),
    nonce: randomBytes(12).toString("base64url"),
  });
  const send = (reply: FastifyReply, shown: Frame, text: string) => {
    reply
      .headers({
        "content-security-policy": policy(shown.nonce),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      })
      .type("text/html; charset=utf-8")
      .send(text);
  };

  app.get("/", (_request, reply) => {
    const shown = frame();
    const newest = store.messages.all().slice(-50).reverse();
    send(reply, shown, startPage(shown, newest));
  });
  app.get<{ Params: { subscriberId: string }; Querystring: { channel?: string } }>(
    "/inbox/:subscriberId",
    (request, reply) => {
      const shown = frame(request.params.subscriberId);
      const { channel } = request.query;
      const inbox = inboxOf(store, request.params.subscriberId);
      send(reply, shown, inboxPage(shown, inbox, isChannel(channel) ? channel : undefined));
    },
  );
  app.get("/inbox-version", (_request, reply) => {
    reply.header("cache-control", "no-store").type("text/plain").send(version());
  });
}

const isChannel = (value: unknown): value is Channel => typeof value === "string" && Object.hasOwn(channelNames, value);
