import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Env, parse, secretsOf } from "../config/parse.ts";
import { SettingsError } from "../errors.ts";
import { type TracingTarget, tracingTarget } from "./target.ts";

const read = (env: Env): TracingTarget | undefined => tracingTarget(parse(env, ["tracing"]).tracing);
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

test("off unless an endpoint is set, and off when the SDK is disabled", () => {
  assert.is(read({}), undefined);
  assert.is(read({ OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER: "always_on" }), undefined);
  assert.is(read({ OTEL_EXPORTER_OTLP_ENDPOINT: " " }), undefined);
  assert.is(read({ ...endpoint, OTEL_SDK_DISABLED: "true" }), undefined);
  assert.is(read({ ...endpoint, OTEL_SDK_DISABLED: "false" })?.url, "http://localhost:4318/v1/traces");
});

test("the address: a path is added to the general one, the one for traces stands as it is and goes first", () => {
  assert.is(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://h/otlp/" })?.url, "https://h/otlp/v1/traces");
  const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://h:1/custom" };
  assert.is(read(traces)?.url, "http://h:1/custom");
  assert.is(read({ ...endpoint, ...traces })?.url, "http://h:1/custom");
});

test("headers, attributes and sampler are read as OpenTelemetry writes them", () => {
  const target = read({
    ...endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20k=1, x-tenant = acme",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production,service.name=other",
    OTEL_SERVICE_NAME: "mine",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  });
  assert.equal(target, {
    url: "http://localhost:4318/v1/traces",
    headers: { authorization: "Bearer k=1", "x-tenant": "acme" },
    attributes: { "deployment.environment.name": "production", "service.name": "mine" },
    sampler: "parentbased_traceidratio",
    ratio: 0.25,
  });
});

test("what is wrong is reported by name, without any header's value", () => {
  const bad = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317",
    OTEL_EXPORTER_OTLP_HEADERS: "hidden-word",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_RESOURCE_ATTRIBUTES: "a=%zz",
    OTEL_TRACES_SAMPLER: "sometimes",
    OTEL_TRACES_SAMPLER_ARG: "1.5",
    OTEL_SDK_DISABLED: "maybe",
  };
  try {
    read(bad);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, SettingsError);
    const { problems } = error as SettingsError;
    assert.equal(
      problems.map((problem) => problem.split(" ")[0]),
      Object.keys(bad),
    );
    assert.not.match(problems.join(), "hidden");
  }
});

test("a header's value is a secret as a whole and without its scheme", () => {
  const secrets = secretsOf({ OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20key-1" });
  assert.equal(secrets, ["authorization=Bearer%20key-1", "Bearer key-1", "key-1"]);
});

test.run();
