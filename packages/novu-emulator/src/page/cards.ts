import type { FailedStep, OpenStep } from "../inbox.ts";
import type { Channel, Message } from "../types.ts";
import { Html, html, safeUrl } from "./html.ts";

export const channelNames: Readonly<Record<Channel, string>> = {
  email: "Email",
  in_app: "In-app",
  sms: "SMS",
  push: "Push",
  chat: "Chat",
};

/** One message the way its channel would show it. */
export function messageCard(message: Message, showSubscriber: boolean): Html {
  const failed = message.status !== "sent";
  return html`<article class="${failed ? "alert" : ""}">
<header><span class="chip ${failed ? "bad" : ""}">${channelNames[message.channel]}</span>
${showSubscriber && html`<a href="/inbox/${encodeURIComponent(message.subscriberId)}">${message.subscriberId}</a>`}
<span>${message.workflowId} › ${message.stepId}</span>${timeOf(message.createdAt)}</header>
<div class="body">${failed ? html`<p>Not sent: ${message.errorText}</p>` : bodies[message.channel](message)}</div>
<footer><span>transaction <code>${message.transactionId}</code></span>${payloadOf(message)}</footer></article>`;
}

const timeOf = (iso: string, before = "") =>
  html`<span class="when">${before}<time datetime="${iso}">${iso.replace("T", " ").slice(0, 19)} UTC</time></span>`;

const payloadOf = (message: Message) => html`<details class="raw"><summary>data</summary>
<pre>${JSON.stringify({ payload: message.payload, overrides: message.overrides, ...message.extra }, null, 2)}</pre></details>`;

const bodies: Readonly<Record<Channel, (message: Message) => Html>> = {
  email: (m) => html`<h3>${m.subject}</h3>
<p class="fine">to ${m.email}${typeof m.extra.from === "string" ? `, from ${m.extra.from}` : ""}</p>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="Body of the email: ${m.subject}" srcdoc="${emailPage(m.content)}"></iframe>`,
  in_app: (
    m,
  ) => html`<div class="inapp"><span class="dot ${m.read ? "read" : ""}" title="${m.read ? "read" : "unread"}"></span><div>
${m.subject !== undefined && html`<h3>${m.subject}</h3>`}<p>${m.content}</p>${buttonOf(m)}
<p class="fine">${m.read ? "read" : m.seen ? "seen, not read" : "unread"}</p></div></div>`,
  sms: (m) => html`<p class="fine">to ${m.phone}</p><div class="bubble">${m.content}</div>`,
  push: (
    m,
  ) => html`<div class="phone"><span class="app" aria-hidden="true">${m.workflowId.slice(0, 1).toUpperCase()}</span>
<div><h3>${m.subject}</h3><p>${m.content}</p></div></div>`,
  chat: (m) => html`<div class="bubble chat">${m.content}</div>`,
};

function buttonOf(message: Message): Html | undefined {
  if (message.cta === undefined) return undefined;
  const url = safeUrl(message.cta.url);
  if (url === undefined) return html`<span class="button">${message.cta.label}</span>`;
  return html`<a class="button" href="${url}" rel="noreferrer noopener" target="_blank">${message.cta.label}</a>`;
}

// Plain text keeps its lines. The frame is sandboxed: no scripts, no forms, no access to this page; its links open in a new tab.
function emailPage(content: string): string {
  const isHtml = /<[a-z!/][^>]*>/i.test(content);
  const body = isHtml ? new Html(content) : html`<pre style="white-space:pre-wrap;font:inherit">${content}</pre>`;
  return html`<!doctype html><base target="_blank"><style>body{font:15px/1.5 system-ui,sans-serif;margin:16px;color:#1b2430;overflow-wrap:anywhere}img{max-width:100%}</style>${body}`
    .text;
}

export const failureCard = (failure: FailedStep): Html => html`<article class="alert">
<header><span class="chip bad">failed</span><span>${failure.workflowId} › ${failure.stepId}</span>${timeOf(failure.at)}</header>
<div class="body"><p>${failure.reason}</p></div>
<footer><span>transaction <code>${failure.transactionId}</code></span></footer></article>`;

export const openCard = (step: OpenStep): Html => html`<article>
<header><span class="chip">${step.status}</span><span>${step.workflowId} › ${step.stepId}</span>${
  step.until !== undefined && timeOf(step.until, "until ")
}</header><footer><span>transaction <code>${step.transactionId}</code></span></footer></article>`;
