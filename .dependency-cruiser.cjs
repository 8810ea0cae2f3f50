// The import rules between the modules. Each rule's comment is the reason that a violation prints.
const folder = (name) => `^${name}/`;
const anyModule = "^(app|bench|core|local|novu|outbox|packages|scripts|test|worker)/";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "A cycle means two modules are one: move what both need to a third file.",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-imports-nothing",
      severity: "error",
      comment:
        "core is what app and worker agree on; it must be usable by every module, so it imports no other module.",
      from: { path: folder("core") },
      to: { path: anyModule, pathNot: folder("core") },
    },
    {
      name: "outbox-imports-core-only",
      severity: "error",
      comment: "The outbox knows Postgres and core, so that anything may build on it.",
      from: { path: folder("outbox"), pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: anyModule, pathNot: "^(core|outbox)/" },
    },
    {
      name: "novu-imports-core-only",
      severity: "error",
      comment: "The Novu client and the workflows' catalogue serve app, worker and scripts alike.",
      from: { path: folder("novu"), pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: anyModule, pathNot: "^(core|novu)/" },
    },
    {
      name: "app-worker-scripts-apart",
      severity: "error",
      comment:
        "app, worker and scripts are separate programs: what two of them need belongs in core, outbox or novu. (scripts/dev is no part of one: it checks them.)",
      from: { path: "^(app|worker|scripts)/", pathNot: "^scripts/dev/" },
      to: { path: "^(app|worker|scripts)/", pathNot: "^$1/" },
    },
    {
      name: "worker-modules-through-ports",
      severity: "error",
      comment:
        "A worker module gets what it needs as an argument, through the ports of core; worker/main.ts alone wires the modules.",
      from: { path: "^worker/(delivery|poll|temporal|http|lifecycle|tracing)/", pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: anyModule, pathNot: "^(core/|worker/$1/)" },
    },
    {
      name: "workflows-stay-deterministic",
      severity: "error",
      comment: "Temporal replays workflow code in a sandbox: no Node modules, and from the project only types.",
      from: { path: "^worker/temporal/workflows/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "tracing-on-demand",
      severity: "error",
      comment: "OpenTelemetry is loaded only where traces are on: import what needs it dynamically.",
      from: {
        path: "^(app|core|novu|outbox|scripts|worker)/",
        pathNot: "^(core|worker)/tracing/|\\.(test|fixture)\\.ts$",
      },
      to: { path: "/@opentelemetry/|^core/tracing/(provider|bridge-spans)|^worker/tracing/", dynamic: false },
    },
    {
      name: "local-is-for-development",
      severity: "error",
      comment:
        "local/ (embedded servers) and packages/ never enter the production image. Only scripts may load local/, by dynamic import; tests may import both.",
      from: { path: "^(app|core|novu|outbox|worker)/", pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: "^(local|packages|test)/" },
    },
    {
      name: "scripts-without-packages",
      severity: "error",
      comment:
        "The command line enters the production image, and packages/ does not. Checks in scripts/dev and tests may import it.",
      from: { path: folder("scripts"), pathNot: "^scripts/dev/|\\.(test|fixture)\\.ts$" },
      to: { path: "^packages/" },
    },
    {
      name: "local-imports-core-only",
      severity: "error",
      comment: "The embedded servers know core, themselves, and the tools of packages/test-engine.",
      from: { path: folder("local"), pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: anyModule, pathNot: "^(core|local|packages/test-engine)/" },
    },
    {
      name: "emulator-stands-alone",
      severity: "error",
      comment: "The Novu emulator judges XNovu's client, so it must not share code with it: copy what it needs.",
      from: { path: "^packages/novu-emulator/" },
      to: { path: anyModule, pathNot: "^packages/novu-emulator/" },
    },
    {
      name: "test-engine-imports-core-and-local",
      severity: "error",
      comment: "The Docker engine for tests knows core's errors, and the processes, locks and cache of local/.",
      from: { path: "^packages/test-engine/", pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: anyModule, pathNot: "^(core|local|packages/test-engine)/" },
    },
    {
      name: "bench-is-a-leaf",
      severity: "error",
      comment: "Benchmarks import the project, and nothing imports them.",
      from: { path: anyModule, pathNot: folder("bench") },
      to: { path: folder("bench") },
    },
    {
      name: "not-to-unresolvable",
      severity: "error",
      comment: "An import that resolves to nothing.",
      from: {},
      to: { couldNotResolve: true, pathNot: "\\.css$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.next|\\.xnovu|dist|coverage)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
