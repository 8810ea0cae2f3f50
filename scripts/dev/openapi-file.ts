import { openApi } from "../../app/lib/api/openapi.ts";

export const openApiFile = new URL("../../docs/openapi.json", import.meta.url);
/** Its text, made of the schemas that the app checks requests by. The version is that of the app that serves it: in the file it would only get old. */
export const openApiText = (): string =>
  `${JSON.stringify({ ...openApi, info: { ...openApi.info, version: "as served" } }, null, 2)}\n`;
