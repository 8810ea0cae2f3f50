import { Validator } from "@seriousme/openapi-schema-validator";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { workflowIds } from "../../../novu/workflows/ids.ts";
import { payloadSchemas } from "../../../novu/workflows/schemas.ts";
import { openApi } from "./openapi.ts";

test("the document is valid OpenAPI 3.1 by the specification's own schema", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(openApi));
  assert.ok(valid, JSON.stringify(errors));
  assert.is(validator.version, "3.1");
});

test("each reference resolves, and each schema is referred to", () => {
  const refs = new Set(
    [...JSON.stringify(openApi).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]),
  );
  assert.equal([...refs].sort(), Object.keys(openApi.components.schemas).sort());
});

test("each workflow's payload schema is the one that the bridge checks", () => {
  const parts: readonly unknown[] = Object.values(openApi.components.schemas);
  for (const id of workflowIds) assert.ok(parts.includes(payloadSchemas[id]), id);
});

test.run();
