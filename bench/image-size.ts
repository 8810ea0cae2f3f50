import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testEngine } from "../test/support/engine.ts";
import { temporaryFolder } from "../test/support/folder.ts";
import { buildEnv, projectCheckout, succeed } from "../test/support/real-image.ts";

// The image, app and worker together, beside one of the app alone made as Next's with-docker example does it: the same app, the same base, one
// run. Sizes are those of the compressed layers, which is what a push or a pull carries. Writes bench/image-size.json.

const root = fileURLToPath(new URL("..", import.meta.url));
const engine = await testEngine();
if (!engine) throw new Error("This machine runs no engine");
const folder = temporaryFolder("xnovu-size-");

// The last stage of github.com/vercel/next.js/examples/with-docker/Dockerfile; the stages before it are ours, which build the same app.
const appAlone = `
FROM node AS app-alone
WORKDIR /app
ENV NODE_ENV=production
COPY --from=app --chown=65532:65532 /build/.next/standalone ./
COPY --from=app --chown=65532:65532 /build/.next/static ./.next/static
USER 65532:65532
CMD ["node", "server.js"]
`;

interface Layer {
  readonly digest: string;
  readonly size: number;
}

try {
  const { path } = projectCheckout(join(folder.path, "checkout"));
  const env = await buildEnv(engine);
  const place = { cwd: path, env };
  const text = readFileSync(join(path, "Dockerfile"), "utf8");
  writeFileSync(join(folder.path, "Dockerfile"), text + appAlone);

  const layersOf = async (target: string): Promise<Layer[]> => {
    const reference = `${engine.registry.host}/size/${target}`;
    const args = ["BASE_IMAGE", "NPM_REGISTRY"].flatMap((name) => ["--build-arg", `${name}=${env[name]}`]);
    const secrets = env.CA_FILE ? ["--secret", `id=ca,src=${env.CA_FILE}`] : [];
    const output = ["--output", `type=image,name=${reference},push=true,oci-mediatypes=true`, "--provenance=false"];
    const file = ["-f", join(folder.path, "Dockerfile"), "--platform", "linux/amd64"];
    await succeed(
      "docker",
      ["buildx", "build", ...file, "--target", target, ...args, ...secrets, ...output, "."],
      place,
    );
    return JSON.parse(await succeed("crane", ["manifest", reference], place)).layers;
  };
  const base = (await layersOf("node")).length;
  const [both, app] = [await layersOf("runtime"), await layersOf("app-alone")];
  const sum = (layers: readonly Layer[]) => layers.reduce((bytes, { size }) => bytes + size, 0);
  const sizesOf = (layers: readonly Layer[]) => ({
    bytes: sum(layers),
    baseBytes: sum(layers.slice(0, base)),
    layerBytes: layers.slice(base).map(({ size }) => size),
  });
  const result = {
    platform: "linux/amd64",
    appAndWorker: sizesOf(both),
    appAlone: sizesOf(app),
    ratio: Number((sum(both) / sum(app)).toFixed(3)),
    goal: 1.3,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  };
  // A list of numbers in one line, as the formatter has it.
  const json = JSON.stringify(result, null, 2).replace(/\[[\d,\s]+\]/g, (list) =>
    list.replace(/\s+/g, "").replaceAll(",", ", "),
  );
  writeFileSync(join(root, "bench/image-size.json"), `${json}\n`);
  console.log(JSON.stringify(result, null, 2));
} finally {
  await engine.stop();
  folder.remove();
}
