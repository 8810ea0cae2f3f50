import { escapeHtml, safeUrl } from "./html.ts";

export interface EmailContent {
  readonly subject: string;
  /** Plain text: empty lines separate paragraphs, single line breaks are kept. */
  readonly body: string;
  /** The text that an inbox shows after the subject. */
  readonly preheader?: string | undefined;
  /** A button. Omitted when its URL is not http, https or mailto. */
  readonly action?: { readonly label: string; readonly url: string } | undefined;
}

export interface EmailFrame {
  /** Name of the sender, above the message. Omitted when empty. */
  readonly brand?: string | undefined;
  /** Plain text below the message, such as the reason for it. */
  readonly footer?: string | undefined;
  /** BCP 47 tag of the text's language, for screen readers. `en` when absent or malformed. */
  readonly language?: string | undefined;
}

const font = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const colors = { page: "#f3f4f6", card: "#ffffff", text: "#1f2937", quiet: "#4b5563", button: "#1d4ed8" } as const;

/**
 * Renders a complete HTML document for a mail: one centred column, inline styles because mail clients drop style sheets, no images, no scripts.
 * Every text is escaped here, so that a producer's text cannot become markup.
 */
export function renderEmail(content: EmailContent, frame: EmailFrame = {}): string {
  const rows = [
    frame.brand ? textBlock(frame.brand, `font-size:14px;font-weight:600;color:${colors.quiet}`) : "",
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;color:${colors.text}">${escapeHtml(content.subject)}</h1>`,
    ...paragraphs(content.body).map((text) => textBlock(text, `font-size:16px;color:${colors.text}`)),
    content.action ? button(content.action) : "",
    frame.footer ? textBlock(frame.footer, `font-size:13px;color:${colors.quiet};padding-top:16px`) : "",
  ].filter(Boolean);
  return document(content, languageTag(frame.language), rows.join("\n"));
}

function document({ subject, preheader }: EmailContent, language: string, rows: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:0;background-color:${colors.page}">
${preheader ? hidden(preheader) : ""}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background-color:${colors.page}">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background-color:${colors.card};border-radius:8px">
<tr><td style="padding:32px;font-family:${font};text-align:left">
${rows}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>`;
}

const paragraphs = (body: string): string[] =>
  body
    .replace(/\r\n?/g, "\n")
    .split(/\n[^\S\n]*\n\s*/)
    .map((text) => text.trim())
    .filter(Boolean);

const textBlock = (text: string, style: string): string =>
  `<p style="margin:0 0 16px;line-height:1.5;overflow-wrap:anywhere;${style}">${escapeHtml(text).replaceAll("\n", "<br>")}</p>`;

function button({ label, url }: { readonly label: string; readonly url: string }): string {
  const href = safeUrl(url);
  if (href === undefined) return "";
  const style = `display:inline-block;padding:12px 24px;border-radius:6px;background-color:${colors.button};color:#ffffff;font-size:16px;font-weight:600;text-decoration:none`;
  return `<p style="margin:8px 0 16px"><a href="${escapeHtml(href)}" style="${style}">${escapeHtml(label)}</a></p>`;
}

const hidden = (text: string): string =>
  `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escapeHtml(text)}</div>`;

const languageTag = (tag: string | undefined): string =>
  tag && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(tag) ? tag : "en";
