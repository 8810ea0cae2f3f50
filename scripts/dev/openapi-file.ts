import { openApi } from "../../app/lib/api/openapi.ts";

export const openApiFile = new URL("../../docs/openapi.json", import.meta.url);
/** The file's text, from the schemas that validate requests. Without the version, which the app adds when it serves the file. */
export const openApiText = (): string =>
  `${JSON.stringify({ ...openApi, info: { ...openApi.info, version: "as served" } }, null, 2)}\n`;
