import { join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

/** The image's programs. Everything that they import is compiled too. */
const programs = ["worker/main.ts", "worker/parent.ts", "scripts/cli.ts"] as const;

export interface Sources {
  /** Every file that the programs import, relative to the project, sorted. */
  readonly files: readonly string[];
  /** Files of local/ that they import dynamically, relative to the project, sorted. */
  readonly local: readonly string[];
  /** Packages and subpaths as imported, sorted, without Node's own modules. */
  readonly packages: readonly string[];
}

/** Loaded by `require` (scripts/image/run-step.ts), which the search below does not see. */
const required = ["zx/core"];
const isLocal = (path: string): boolean => path.startsWith("local/");
const outPath = (path: string): string => path.replace(/\.m?ts$/, ".js");
// Set explicitly, so that the result does not depend on a tsconfig in a parent folder.
const common = {
  bundle: true,
  write: false,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "silent",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
} as const;

/** Finds what the programs import. Throws when one imports local/ statically, because the image does not contain that folder. */
export async function findSources(root: string, entries: readonly string[] = programs): Promise<Sources> {
  const local = new Set<string>();
  const keepLocalOut: Plugin = {
    name: "keep-local-out",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir, kind }) => {
        const target = relative(root, resolve(resolveDir, path));
        if (!isLocal(target)) return undefined;
        const from = relative(root, importer);
        if (kind !== "dynamic-import")
          return { errors: [{ text: `${from} imports ${target} statically: import it dynamically` }] };
        local.add(target);
        return { path, external: true };
      });
    },
  };
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: entries.map((entry) => join(root, entry)),
    outdir: join(root, "dist"),
    metafile: true,
    plugins: [keepLocalOut],
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports.filter(
    ({ path, external }) => external && /^[@a-z]/i.test(path) && !path.startsWith("node:"),
  );
  return {
    files: Object.keys(metafile.inputs).sort(),
    local: [...local].sort(),
    packages: [...new Set([...packages.map(({ path }) => path), ...required])].sort(),
  };
}

/** The compiled files: text by path relative to the output folder. */
export async function compileSources(root: string, { files }: Sources): Promise<ReadonlyMap<string, string>> {
  const code = files.filter((file) => /\.m?ts$/.test(file));
  const verbs = code.filter((file) => /^scripts\/commands\/(?!index\.)/.test(file));
  const isCommandLine = (file: string) => file.startsWith("scripts/");
  // The command line becomes one file per verb, which halves its start-up time. Other modules stay file by file, because they find their SQL by path.
  const merged = { keepApart: (file: string) => !isCommandLine(file) || verbs.includes(file) };
  const built = await Promise.all([
    compileFiles(root, { entries: code.filter((file) => !isCommandLine(file)), keepApart: () => true }),
    compileFiles(root, { entries: ["scripts/cli.ts"], folder: "scripts", ...merged }),
    compileFiles(root, { entries: verbs, folder: "scripts/commands", ...merged }),
  ]);
  return new Map(built.flat());
}

interface Piece {
  readonly entries: readonly string[];
  /** Whether an imported file stays a file at run time. Otherwise it is bundled into the files that import it. */
  readonly keepApart: (file: string) => boolean;
  /** Folder of all entries. Needed with bundling, because imports of bundled files become relative to it. */
  readonly folder?: string;
}

async function compileFiles(
  root: string,
  { entries, keepApart, folder }: Piece,
): Promise<(readonly [string, string])[]> {
  const apart: Plugin = {
    name: "keep-apart",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
        const target = resolve(resolveDir, path);
        if (kind === "entry-point" || !keepApart(relative(root, target))) return undefined;
        const from = relative(folder === undefined ? resolveDir : join(root, folder), target);
        return { path: outPath(from.startsWith(".") ? from : `./${from}`), external: true };
      });
    },
  };
  const { outputFiles } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: entries.map((file) => join(root, file)),
    outdir: join(root, "dist"),
    outbase: root,
    plugins: [apart],
  });
  return outputFiles.map(({ path, text }) => [relative(join(root, "dist"), path), text] as const);
}

/** The image's replacement for a file of local/: importing it ends the command with a usage error. */
export function localStub(file: string): { readonly path: string; readonly text: string } {
  const up = "../".repeat(file.split("/").length - 1);
  return {
    path: outPath(file),
    text: `import { UsageError } from "${up}core/errors.js";

throw new UsageError(
  "this command is for development checkouts: the image and the compiled program have no embedded servers",
  "Run it in a checkout of the repository. Here, set DATABASE_URL, TEMPORAL_ADDRESS and NOVU_SECRET_KEY and run \`pnpm xnovu worker start\`.",
);
`,
  };
}
