import type { Inbox, SubscriberSummary } from "../inbox.ts";
import type { Channel, Message, Subscriber } from "../types.ts";
import { channelNames, failureCard, messageCard, openCard } from "./cards.ts";
import { Html, html } from "./html.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

export interface Frame {
  readonly people: readonly SubscriberSummary[];
  readonly chosen?: string;
  /** Of the data shown; the page's script compares it. */
  readonly version: string;
  readonly nonce: string;
}

/** The newest messages of everybody. */
export function startPage(frame: Frame, messages: readonly Message[]): string {
  const list =
    messages.length > 0
      ? messages.map((message) => messageCard(message, true))
      : empty("Nothing was delivered yet", "Send a notification, and it appears here.");
  return page("Inbox", frame, html`<h1>Latest messages</h1><p class="sub">of all subscribers, newest first</p>${list}`);
}

/** What one subscriber received; only one channel's messages when `channel` is given. */
export function inboxPage(frame: Frame, inbox: Inbox, channel: Channel | undefined): string {
  const messages = inbox.messages.filter(
    (m) => m.status === "sent" && (channel === undefined || m.channel === channel),
  );
  const content = html`<h1>${nameOf(inbox)}</h1><p class="sub">${contactOf(inbox)}</p>${tabs(inbox, channel)}
${inbox.open.length > 0 && html`<section><h2>Waiting or running</h2>${inbox.open.map(openCard)}</section>`}
${inbox.failures.length > 0 && html`<section><h2>Failed</h2>${inbox.failures.map(failureCard)}</section>`}
<section><h2>Received</h2>${
    messages.length > 0
      ? messages.map((message) => messageCard(message, false))
      : empty("No messages", "Nothing has reached this subscriber here.")
  }</section>`;
  return page(nameOf(inbox), frame, content);
}

const empty = (title: string, text: string) => html`<div class="empty"><b>${title}</b>${text}</div>`;

const fullName = (subscriber: Subscriber | null) =>
  [subscriber?.firstName, subscriber?.lastName].filter(Boolean).join(" ");
const nameOf = (inbox: Inbox) => fullName(inbox.subscriber) || inbox.subscriberId;
const contactOf = ({ subscriber, subscriberId }: Inbox) =>
  [subscriberId, subscriber?.email ?? "no email address", subscriber?.phone ?? "no phone number"].join(" · ");

function tabs(inbox: Inbox, chosen: Channel | undefined): Html {
  const address = `/inbox/${encodeURIComponent(inbox.subscriberId)}`;
  const tab = (name: string, count: number, channel: Channel | undefined) =>
    html`<a href="${channel === undefined ? address : `${address}?channel=${channel}`}" ${current(channel === chosen)}>${name} ${count}</a>`;
  const sent = inbox.messages.filter((message) => message.status === "sent");
  const channels = Object.keys(channelNames) as Channel[];
  return html`<div class="tabs">${tab("All", sent.length, undefined)}${channels.map((channel) =>
    tab(channelNames[channel], sent.filter((m) => m.channel === channel).length, channel),
  )}</div>`;
}

const current = (is: boolean) => is && new Html('aria-current="page"');

function people({ people, chosen }: Frame): Html {
  return html`<nav class="people ${chosen === undefined ? "" : "chosen"}" aria-label="Subscribers"><h2>Subscribers</h2><ul>
${people.map(
  (one) => html`<li><a href="/inbox/${encodeURIComponent(one.subscriberId)}" ${current(one.subscriberId === chosen)}>
<span class="face" aria-hidden="true">${initials(one)}</span><span class="who"><b>${one.name || one.subscriberId}</b>
${one.name !== "" && html`<small>${one.subscriberId}</small>`}</span>
${one.failures > 0 && html`<span class="count bad" title="${one.failures} failed">${one.failures} ✕</span>`}
<span class="count" title="${one.messages} messages">${one.messages}</span></a></li>`,
)}</ul>${people.length === 0 && html`<p class="fine">none yet</p>`}</nav>`;
}

const initials = (one: SubscriberSummary) =>
  (one.name || one.subscriberId)
    .split(/[\s_.-]+/)
    .map((word) => word.slice(0, 1))
    .join("")
    .slice(0, 2)
    .toUpperCase();

function page(title: string, frame: Frame, content: Html): string {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · local Novu</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<style>${new Html(style)}</style></head>
<body data-version="${frame.version}"><header class="top"><a href="/"><b>Inbox</b></a><span>local Novu: nothing here left this machine</span></header>
<div class="layout" id="content">${people(frame)}<main>${content}</main></div>
<button id="fresh" type="button" hidden>Show what is new</button>
<script nonce="${frame.nonce}">${new Html(script)}</script></body></html>`.text;
}
