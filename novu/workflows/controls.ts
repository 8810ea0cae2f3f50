/** What an editor can change in Novu's dashboard without a deployment: the text around a mail's message. */
export const emailFrame = {
  type: "object",
  properties: {
    brand: { type: "string", maxLength: 100, default: "XNovu", description: "Name of the sender, above the message" },
    footer: { type: "string", maxLength: 1000, default: "", description: "Plain text below the message" },
    language: {
      type: "string",
      maxLength: 35,
      default: "en",
      description: "Language of the text, such as en or zh-CN",
    },
  },
  required: [],
  additionalProperties: false,
} as const;

/**
 * Options of a step whose output must not be changed. The framework's sanitiser treats every field of a mail or an in-app message as HTML:
 * it would turn "Tom & Jerry" in a subject into "Tom &amp; Jerry" and truncate "a <b". `renderEmail` escapes mails instead, and in-app text
 * is plain text, which Novu's inbox does not parse as HTML.
 */
export const plainOutput = { disableOutputSanitization: true } as const;
export const htmlStep = <S>(controlSchema: S) => ({ ...plainOutput, controlSchema });
