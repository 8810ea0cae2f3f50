// The part of wget that health checks need, for base images without wget: `wget -q --spider URL`, `wget -qO- URL`, `wget -O FILE URL`, with -T and -t.
// Exit codes are wget's: 0 ok, 2 bad use, 3 file, 4 network, 8 the server answered with an error.
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

const options = {
  quiet: { type: "boolean", short: "q" },
  spider: { type: "boolean" },
  "output-document": { type: "string", short: "O" },
  timeout: { type: "string", short: "T", default: "10" },
  tries: { type: "string", short: "t", default: "1" },
  "no-verbose": { type: "boolean" },
};

function end(code, message) {
  if (message && !values?.quiet) console.error(`wget: ${message}`);
  process.exit(code);
}

let values;
let url;
try {
  const parsed = parseArgs({ options, allowPositionals: true });
  values = parsed.values;
  [url] = parsed.positionals;
  if (url === undefined) throw new Error("no address given");
  if (!/^[a-z]+:\/\//i.test(url)) url = `http://${url}`;
  if (!URL.canParse(url)) throw new Error(`${url} is no address`);
} catch (error) {
  console.error(`wget: ${error.message}; this small replacement supports -q --spider -O -T -t`);
  process.exit(2);
}

async function request(method) {
  const signal = AbortSignal.timeout(Math.max(1, Number(values.timeout) || 10) * 1000);
  const response = await fetch(url, { method, signal });
  return { response, body: method === "HEAD" ? undefined : Buffer.from(await response.arrayBuffer()) };
}

async function attempt() {
  if (!values.spider) return await request("GET");
  const answer = await request("HEAD");
  // Like wget: retry with GET if the server does not support HEAD.
  return [405, 501].includes(answer.response.status) ? await request("GET") : answer;
}

let answer;
const tries = Math.max(1, Number(values.tries) || 1);
for (let count = 1; answer === undefined; count++) {
  try {
    answer = await attempt();
  } catch (error) {
    if (count >= tries) end(4, `${url}: ${error?.cause?.message || error?.cause?.code || error?.message}`);
  }
}
const { response, body } = answer;
if (!response.ok) end(8, `${url}: the server answered ${response.status} ${response.statusText}`);
if (!values.spider) {
  const target = values["output-document"] ?? (basename(new URL(url).pathname) || "index.html");
  try {
    if (target === "-") process.stdout.write(body);
    else writeFileSync(target, body);
  } catch (error) {
    end(3, error.message);
  }
}
