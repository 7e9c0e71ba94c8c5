/**
 * A release on loopback and a home to install into, for the tests of `install.sh`.
 *
 * @module
 */
import { type Packed, tarGz } from "../../scripts/release/archive.ts";
import type { Release } from "../../scripts/release/checks.ts";
import { installer } from "../../scripts/release/manifests.ts";
import { type Ran, runShell } from "./story_process.ts";

/** How the server responds to a path with this ending. */
export type Trouble = "cut" | "short" | "wrong" | "hang" | "missing";

export interface InstallWorld extends AsyncDisposable {
  readonly home: string;
  /** The release's URL, up to the version. */
  readonly downloads: string;
  /** Changes the response for paths that end with `path`. */
  readonly trouble: Map<string, Trouble>;
  /**
   * Replaces a program by a shell function with this body, because a busybox shell prefers its own
   * programs to those on `PATH`.
   */
  shim(name: string, script: string): Promise<void>;
  /** Runs `install.sh` with these arguments; `env` adds variables, and `undefined` removes them. */
  install(args?: string, env?: Readonly<Record<string, string | undefined>>): Promise<Ran>;
  /**
   * Runs it until the archive is being downloaded, then sends the signal to its group, as a
   * terminal does.
   */
  interrupted(signal: Deno.Signal): Promise<number>;
  /** Everything below the home and TMPDIR, by path. */
  files(): string[];
}

export interface InstallOptions {
  /** Command that runs a script; default `sh`. */
  readonly shell?: string;
  /** Folder of its programs; default: the system's. */
  readonly path?: string;
  /** The released program. */
  readonly program?: string;
}

export const version = "1.2.3";
/** Every system with an archive here. */
const systems = ["linux-x64", "linux-x64-musl", "linux-arm64", "macos-x64", "macos-arm64"];

const goodProgram = '#!/bin/sh\necho "athm 1.2.3 (a program of the tests)"\n';

/** Serves a release of `program` for every system, and creates a home. */
export async function installWorld(options: InstallOptions = {}): Promise<InstallWorld> {
  const { shell = "sh", path = "/usr/local/bin:/usr/bin:/bin", program = goodProgram } = options;
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "athm-install-" }));
  for (const name of ["home", "tmp"]) await Deno.mkdir(`${folder}/${name}`);
  const trouble = new Map<string, Trouble>();
  const served = await releaseFiles(program);
  const stopped = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: stopped.signal,
    onListen: () => {},
  }, ({ url }) => {
    const { pathname } = new URL(url);
    const what = [...trouble].find(([end]) => pathname.endsWith(end))?.[1];
    const bytes = what === "missing" ? undefined : served.get(pathname);
    if (bytes === undefined) return new Response("no such file", { status: 404 });
    return answer(bytes, what);
  });
  const script = `${folder}/install.sh`;
  const shims = `${folder}/shims.sh`;
  await Deno.writeTextFile(shims, "");
  const release: Release = {
    version,
    repository: "https://athm.invalid/athm",
    commit: "0".repeat(40),
    time: 0,
    notes: "",
    targets: [],
    runtime: "2.9.6",
  };
  const template = new URL("../../scripts/release/install.sh", import.meta.url);
  const installing = installer(await Deno.readTextFile(template), release);
  await Deno.writeTextFile(script, installing);
  served.set(`/v${version}/install.sh`, new TextEncoder().encode(installing));
  const downloads = `http://127.0.0.1:${server.addr.port}`;
  const env = {
    PATH: path,
    HOME: `${folder}/home`,
    TMPDIR: `${folder}/tmp`,
    LC_ALL: "C",
    ATHM_DOWNLOADS: downloads,
  };
  return {
    home: `${folder}/home`,
    downloads,
    trouble,
    shim: (name, body) => Deno.writeTextFile(shims, `${name}() {\n${body}\n}\n`, { append: true }),
    install: (args = "", more = {}) => {
      const all = new Map<string, string>();
      for (const [name, value] of Object.entries({ ...env, ...more })) {
        if (value !== undefined) all.set(name, value);
      }
      const line = `${shell} -c '. "$0"; . "${script}"' ${shims} ${args}`;
      return runShell(line, undefined, { cwd: `${folder}/home`, env: all, limit: 60_000 });
    },
    interrupted: async (signal) => {
      const child = new Deno.Command("/bin/sh", {
        args: ["-c", `exec ${shell} ${script}`],
        cwd: `${folder}/home`,
        clearEnv: true,
        env,
        stdin: "null",
        stdout: "null",
        stderr: "null",
        detached: true,
      }).spawn();
      const until = Date.now() + 20_000;
      while (!Array.from(below(`${folder}/tmp`)).some((each) => each.endsWith(".tar.gz"))) {
        if (Date.now() > until) throw new Error("the archive was not asked for");
        await new Promise((done) => setTimeout(done, 20));
      }
      Deno.kill(-child.pid, signal);
      const { code } = await child.status;
      return code;
    },
    files: () => [...below(`${folder}/home`), ...below(`${folder}/tmp`)],
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await server.finished;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The files of the release, by path. */
async function releaseFiles(program: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let sums = "";
  for (const system of systems) {
    const folder = `athm-${version}-${system}`;
    const bytes = await tarGz([
      ...system.endsWith("-musl") ? muslFiles(folder, program) : [
        { path: `${folder}/athm`, bytes: encoder.encode(program), executable: true },
      ],
      { path: `${folder}/LICENSE`, bytes: encoder.encode("license\n"), executable: false },
    ], 0);
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    files.set(`/v${version}/${folder}.tar.gz`, bytes);
    sums += `${sum}  ${folder}.tar.gz\n`;
  }
  files.set(`/v${version}/SHA256SUMS`, encoder.encode(sums));
  return files;
}

/** The same program with a loader's path in a comment, and its libraries. */
function muslFiles(folder: string, program: string): Packed[] {
  const path = "/usr/local/lib/athm".padEnd(255 - "ld-linux-x86-64.so.2".length, "/") +
    "ld-linux-x86-64.so.2";
  const [first = "", ...rest] = program.split("\n");
  const whole = [first, `# ${path}`, ...rest].join("\n");
  const file = (name: string, text: string): Packed => ({
    path: `${folder}/${name}`,
    bytes: new TextEncoder().encode(text),
    executable: true,
  });
  return [
    file("athm", whole),
    file("lib/athm/ld-linux-x86-64.so.2", "a loader\n"),
    file("lib/athm/libc.so.6", "a library\n"),
    file("lib/athm/interpreter", `${first.length + 3} ${path.length}\n`),
  ];
}

function answer(bytes: Uint8Array<ArrayBuffer>, what: Trouble | undefined): Response {
  const half = bytes.slice(0, bytes.length / 2);
  if (what === "cut") return new Response(half);
  if (what === "wrong") return new Response(bytes.with(bytes.length - 5, 7));
  if (what === "short" || what === "hang") {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(half);
        // Fewer bytes than announced: the connection breaks.
        if (what === "short") controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": `${bytes.length}` } });
  }
  return new Response(bytes);
}

function* below(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    yield `${folder}/${name}`;
    if (isDirectory) yield* below(`${folder}/${name}`);
  }
}
