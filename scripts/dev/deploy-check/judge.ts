import { spawn } from "node:child_process";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program whose exit code is its result. @throws Error with its output for a code that is not in `codes`. */
export async function judge(
  file: string,
  args: readonly string[],
  codes: readonly number[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Said> {
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  const said = { code, stdout: await stdout, stderr: await stderr };
  if (codes.includes(code)) return said;
  throw new Error(`${file} ${args[0] ?? ""} ended with ${code}: ${said.stderr || said.stdout}`);
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
