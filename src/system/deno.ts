/**
 * The real side of `System`: the only file of `src/` that says `Deno`.
 *
 * @module
 */
import { endOf, failedStart, withoutVariables } from "./children.ts";
import type { Children, RunningChild } from "./children.ts";
import { attempt, attemptOnExisting, failedFileOperation } from "./files.ts";
import { alarm, sleep } from "./sleep.ts";
import type { FileFacts, Files, HeldLock } from "./files.ts";
import type { Http } from "./http.ts";
import { failedListen, listenerOver } from "./listener.ts";
import type { Platform, System } from "./system.ts";
import type { Terminal, TerminalDevice } from "./terminal.ts";

const platform: Platform = Deno.build.os === "windows" || Deno.build.os === "darwin"
  ? Deno.build.os
  : "linux";
const separator = platform === "windows" ? "\\" : "/";

/** The machine that athm runs on. */
export function denoSystem(): System {
  return {
    platform,
    env: { get: (name) => Deno.env.get(name) },
    files,
    children,
    terminal,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep,
    alarm,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    chance: () => Math.random(),
    pid: Deno.pid,
    hostname: () => Deno.hostname(),
    versions: { deno: Deno.version.deno, v8: Deno.version.v8 },
    http: openHttp,
    listen: (options) => {
      const { hostname, port, tls } = options;
      try {
        return listenerOver(
          tls ? Deno.listenTls({ hostname, port, ...tls }) : Deno.listen({ hostname, port }),
        );
      } catch (error) {
        throw failedListen(options, error);
      }
    },
    giveUpNetwork: () => void Deno.permissions.revokeSync({ name: "net" }),
    out: (text) => writeAll(Deno.stdout, text),
    say: (line) => writeAll(Deno.stderr, line + "\n"),
    readInput: async (limit) => {
      const { readAtMost } = await import("./http.ts");
      return await readAtMost(Deno.stdin.readable, limit);
    },
    trace: () => {},
    audit: () => Promise.resolve(),
  };
}

/** The arguments of this process. */
export const processArguments = (): string[] => Deno.args;

/** Ends this process now: a renewal that is going on must not keep it. */
export function endWith(code: number): never {
  Deno.exit(code);
}

function writeAll(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // The reader has gone (`athm aws ls | head -1`): end as a program that SIGPIPE ends, silently.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw failedFileOperation("write to", "the output", error);
  }
}

const files: Files = {
  read: (path) => attemptOnExisting("read", path, () => Deno.readFileSync(path)),
  readEnd: (path, length) =>
    attemptOnExisting("read", path, () => {
      using file = Deno.openSync(path);
      file.seekSync(Math.max(0, file.statSync().size - length), Deno.SeekMode.Start);
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, file.readSync(bytes) ?? 0);
    }),
  facts: (path) => attemptOnExisting("look at", path, () => factsOf(Deno.lstatSync(path))),
  list: (path) =>
    attemptOnExisting("list", path, () => Array.from(Deno.readDirSync(path), (e) => e.name))
      ?.sort() ?? [],
  create: (path, bytes, mode) => writeWhole(path, bytes, { write: true, createNew: true, mode }),
  append: (path, bytes) => writeWhole(path, bytes, { append: true }),
  rename: (from, to) =>
    attempt("replace", to, () => {
      Deno.renameSync(from, to);
      syncFolder(to.slice(0, to.lastIndexOf(separator)) || separator);
    }),
  remove: (path) =>
    attemptOnExisting("remove", path, () => {
      Deno.removeSync(path);
      return true;
    }) ?? false,
  makeFolder: (path, mode) =>
    attempt("make", path, () => Deno.mkdirSync(path, { recursive: true, mode })),
  makeTemporaryFolder: () =>
    attempt("make", "a temporary folder", () => Deno.makeTempDirSync({ prefix: "athm-" })),
  tryLock: (path) => {
    const file = openLock(path);
    if (attempt("lock", path, () => file.tryLockSync(true))) return held(file);
    file.close();
    return undefined;
  },
  lock: async (path) => {
    const file = openLock(path);
    try {
      await file.lock(true);
      return held(file);
    } catch (error) {
      file.close();
      throw failedFileOperation("lock", path, error);
    }
  },
  absolute: (path) => /^([A-Za-z]:)?[\\/]/.test(path) ? path : [Deno.cwd(), path].join(separator),
  join: (...parts) => parts.join(separator),
};

function writeWhole(path: string, bytes: Uint8Array, how: Deno.OpenOptions): void {
  attempt("write", path, () => {
    using file = Deno.openSync(path, how);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    file.syncSync();
  });
}

/** A renamed file is safe from a power cut only once its folder is; Windows has no such call. */
function syncFolder(path: string): void {
  if (platform === "windows") return;
  using folder = Deno.openSync(path);
  folder.syncSync();
}

function factsOf(info: Deno.FileInfo): FileFacts {
  return {
    kind: info.isFile ? "file" : info.isDirectory ? "folder" : info.isSymlink ? "link" : "other",
    mode: info.mode === null ? undefined : info.mode & 0o7777,
    size: info.size,
    modified: info.mtime?.getTime() ?? 0,
  };
}

function openLock(path: string): Deno.FsFile {
  const how = { read: true, write: true, create: true, mode: 0o600 };
  return attempt("open", path, () => Deno.openSync(path, how));
}

function held(file: Deno.FsFile): HeldLock {
  return {
    note: (text) => {
      file.truncateSync();
      file.seekSync(0, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(text));
    },
    // The note goes with the lock, and closing the file frees it.
    release: () => {
      file.truncateSync();
      file.close();
    },
  };
}

const children: Children = {
  start: ({ command, args, set, unset }) =>
    withoutVariables(Deno.env, unset, () => {
      try {
        return running(new Deno.Command(command, { args: [...args], env: { ...set } }).spawn());
      } catch (error) {
        throw failedStart(command, error);
      }
    }),
  help: async (spec) => {
    const signal = AbortSignal.timeout(spec.seconds * 1000);
    const child = withoutVariables(Deno.env, spec.unset, () => {
      try {
        return new Deno.Command(spec.command, {
          args: [...spec.args],
          env: { ...spec.set },
          stdin: spec.input === undefined ? "null" : "piped",
          stdout: "piped",
          stderr: spec.quiet ? "null" : "inherit",
          signal,
        }).spawn();
      } catch (error) {
        throw failedStart(spec.command, error);
      }
    });
    const { talk } = await import("./helper.ts");
    return await talk(spec, child, signal);
  },
  onSignal: (signal, listener) => {
    // Windows knows SIGINT and SIGBREAK alone.
    if (platform === "windows" && signal !== "SIGINT") return () => {};
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  },
};

function running(child: Deno.ChildProcess): RunningChild {
  return {
    pid: child.pid,
    ended: endOf(child.status),
    signal: (name) => {
      try {
        child.kill(name);
      } catch (error) {
        // It ended between the signal's arrival and now.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

async function openHttp(url: string, caPem?: string): Promise<Http> {
  const { connect, failedBundle, proxyVariables } = await import("./http.ts");
  // What goes to this machine itself in the clear must not take a way round through a proxy.
  const hidden = url.startsWith("http:") ? proxyVariables : [];
  const client = withoutVariables(Deno.env, hidden, () => {
    try {
      // These come on top of what the runtime trusts, which is settled when athm is compiled.
      return Deno.createHttpClient(caPem === undefined ? {} : { caCerts: [caPem] });
    } catch (error) {
      throw failedBundle(error);
    }
  });
  return connect((url, init) => fetch(url, { ...init, client }), () => client.close());
}

const terminal: Terminal = {
  get canAsk() {
    const device = openTerminalDevice();
    device?.close();
    return device !== undefined;
  },
  get stdinIsTerminal() {
    return Deno.stdin.isTerminal();
  },
  get stdoutIsTerminal() {
    return Deno.stdout.isTerminal();
  },
  get stderrIsTerminal() {
    return Deno.stderr.isTerminal();
  },
  width: () => Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined,
  ask: (question) => onTerminal(question, true),
  askSecret: (question) => onTerminal(question, false),
};

async function onTerminal(question: string, echo: boolean): Promise<string> {
  const { converse } = await import("./terminal.ts");
  return await converse(openTerminalDevice(), question, echo);
}

/** The terminal that controls this process, or nothing when there is none. */
function openTerminalDevice(): TerminalDevice | undefined {
  if (platform === "windows") {
    if (!Deno.stdin.isTerminal()) return undefined;
    return {
      read: (buffer) => Deno.stdin.read(buffer),
      setRaw: (raw) => Deno.stdin.setRaw(raw),
      write: (text) => writeAll(Deno.stderr, text),
      close: () => {},
    };
  }
  let file: Deno.FsFile;
  try {
    file = Deno.openSync("/dev/tty");
  } catch {
    return undefined; // ENXIO: this process has no controlling terminal.
  }
  return {
    read: (buffer) => file.read(buffer),
    setRaw: (raw) => file.setRaw(raw),
    write: (text) => {
      if (Deno.stderr.isTerminal()) return writeAll(Deno.stderr, text);
      // An SDK that runs athm keeps its stderr for itself, so a question there would not be seen,
      // and Deno opens /dev/tty for writing only with all permissions: a shell does it. What is
      // asked is no secret.
      const args = ["-c", 'printf %s "$1" >/dev/tty', "sh", text];
      new Deno.Command("/bin/sh", { args, stdin: "null", stdout: "null", stderr: "null" })
        .outputSync();
    },
    close: () => file.close(),
  };
}
